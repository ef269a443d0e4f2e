"""What people do about an account of their own before they can sign in to it.

Nothing here tells whether an address has an account, by text, status or time
(OWASP ASVS 5.0 6.3.8): what differs goes to the address itself, by mail.
"""

from dataclasses import dataclass, replace

from .accounts import Accounts, new_user
from .email_changes import EmailChanges
from .email_tokens import EmailTokens, Purpose
from .errors import Conflict, InvalidLink
from .models import User, UserChanges
from .notifications import Notifications
from .passwords import Passwords
from .ports import InvalidationFeed, UserRepository
from .security_events import EventKind, Events
from .sessions import Sessions


@dataclass(frozen=True)
class Registration:
    users: UserRepository
    passwords: Passwords
    accounts: Accounts
    sessions: Sessions
    email_tokens: EmailTokens
    notifications: Notifications
    email_changes: EmailChanges
    events: Events
    feed: InvalidationFeed
    must_confirm: bool
    """Whether an address has to be confirmed before the first sign-in."""

    def register(self, email: str, password: str, name: str, now: float) -> User:
        """The new user; or somebody made up, who looks the same, if there is one already.

        Raises ValidationFailed with `fields`.
        """
        good = self.accounts.validated(UserChanges(email=email, password=password, name=name))
        user = replace(new_user(good, now), awaiting_verification=self.must_confirm)
        hashed = self.passwords.hash(password)
        try:
            self.users.create(user, hashed)
        except Conflict:
            self._notify_owner(user.email, now)
        else:
            self.notifications.confirm_address(user, hashed, now)
        return user

    def _notify_owner(self, email: str, now: float) -> None:
        """Somebody has registered an address again: its owner, or a stranger."""
        owner, _ = self.accounts.find(email)
        if owner:
            self.events.record(EventKind.REGISTERED_AGAIN, owner.id, now)
            self.notifications.already_registered(owner)
        else:
            self.email_changes.mail_undo_again(email, "", now)

    def send_reset_link(self, email: str, now: float) -> None:
        """To the address, if it has an account. Nobody waits for this to finish."""
        user, hashed = self.accounts.find(email)
        self.events.record(EventKind.RESET_REQUESTED, user.id if user else None, now)
        if user and hashed and not user.disabled:
            self.notifications.reset_password(user, hashed, now)
        else:
            self.notifications.send_dummy(now)

    def send_confirmation(self, email: str, now: float) -> None:
        """To the address, if it waits for one. Nobody waits for this to finish."""
        user, hashed = self.accounts.find(email)
        if user and hashed and user.email_verified_at is None and not user.disabled:
            self.notifications.confirm_address(user, hashed, now)
        else:
            self.notifications.send_dummy(now)

    def user_of_link(self, purpose: Purpose, token: str, now: float) -> tuple[User, str]:
        """The user, and the hash of their password. Raises LinkVoid."""
        found = self.users.by_id(self.email_tokens.read_user_id(purpose, token, now))
        if found is None or found[0].disabled:
            raise InvalidLink
        self.email_tokens.verify_unused(purpose, token, *found)
        return found

    def confirm(self, token: str, password: str, now: float) -> None:
        """The address is theirs; while the account is pending, its password has to be, too.

        Otherwise a stranger who registers the address with a password of his own would be
        let in by the owner, who takes the mail for the one that she was waiting for.
        Raises LinkVoid, PasswordRefused.
        """
        user, hashed = self.user_of_link(Purpose.CONFIRM, token, now)
        if user.awaiting_verification:
            self.accounts.check_password(user.id, password, now)
        self.feed.publish(user.id)
        if not self.users.confirm(user, hashed, int(now)):
            raise InvalidLink

    def reset(self, token: str, password: str, now: float) -> None:
        """Set a new password, and sign out everywhere. Raises ValidationFailed, LinkVoid."""
        user, hashed = self.user_of_link(Purpose.RESET, token, now)
        ended = self.accounts.set_password(user, hashed, password, EventKind.PASSWORD_RESET, now)
        self.sessions.write_tombstones(ended, now)
