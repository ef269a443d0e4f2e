"""What people do about an account of their own before they can sign in to it.

Nothing here tells whether an address has an account, by text, status or time
(OWASP ASVS 5.0 6.3.8): what differs goes to the address itself, by mail.
"""

from dataclasses import dataclass, replace

from .accounts import Accounts, new_user
from .email_changes import EmailChanges
from .email_tokens import Links, Purpose
from .errors import Conflict, LinkVoid
from .models import Changes, User
from .notifications import Notices
from .passwords import Passwords
from .ports import Feed, Users
from .security_events import EventKind, Events
from .sessions import Sessions


@dataclass(frozen=True)
class Registration:
    users: Users
    passwords: Passwords
    accounts: Accounts
    sessions: Sessions
    links: Links
    notices: Notices
    email_changes: EmailChanges
    events: Events
    feed: Feed
    must_confirm: bool
    """Whether an address has to be confirmed before the first sign-in."""

    def register(self, email: str, password: str, name: str, now: float) -> User:
        """The new user; or somebody made up, who looks the same, if there is one already.

        Raises ValidationFailed with `fields`.
        """
        good = self.accounts.checked(Changes(email=email, password=password, name=name))
        user = replace(new_user(good, now), pending=self.must_confirm)
        hashed = self.passwords.hash(password)
        try:
            self.users.create(user, hashed)
        except Conflict:
            self._tell_owner(user.email, now)
        else:
            self.notices.confirm_address(user, hashed, now)
        return user

    def _tell_owner(self, email: str, now: float) -> None:
        """Somebody has registered an address again: its owner, or a stranger."""
        owner, _ = self.accounts.find(email)
        if owner:
            self.events.record(EventKind.REGISTERED_AGAIN, owner.id, now)
            self.notices.already_registered(owner)
        else:
            self.email_changes.mail_undo_again(email, "", now)

    def send_reset_link(self, email: str, now: float) -> None:
        """To the address, if it has an account. Nobody waits for this to finish."""
        user, hashed = self.accounts.find(email)
        self.events.record(EventKind.RESET_REQUESTED, user.id if user else None, now)
        if user and hashed and not user.disabled:
            self.notices.reset_password(user, hashed, now)
        else:
            self.notices.nobody(now)

    def send_confirmation(self, email: str, now: float) -> None:
        """To the address, if it waits for one. Nobody waits for this to finish."""
        user, hashed = self.accounts.find(email)
        if user and hashed and user.confirmed_at is None and not user.disabled:
            self.notices.confirm_address(user, hashed, now)
        else:
            self.notices.nobody(now)

    def whose_link(self, purpose: Purpose, token: str, now: float) -> tuple[User, str]:
        """The user, and the hash of their password. Raises LinkVoid."""
        found = self.users.by_id(self.links.whose(purpose, token, now))
        if found is None or found[0].disabled:
            raise LinkVoid
        self.links.check(purpose, token, *found)
        return found

    def confirm(self, token: str, password: str, now: float) -> None:
        """The address is theirs; while the account is pending, its password has to be, too.

        Otherwise a stranger who registers the address with a password of his own would be
        let in by the owner, who takes the mail for the one that she was waiting for.
        Raises LinkVoid, PasswordRefused.
        """
        user, hashed = self.whose_link(Purpose.CONFIRM, token, now)
        if user.pending:
            self.accounts.check_password(user.id, password, now)
        self.feed.announce(user.id)
        if not self.users.confirm(user, hashed, int(now)):
            raise LinkVoid

    def reset(self, token: str, password: str, now: float) -> None:
        """Set a new password, and sign out everywhere. Raises ValidationFailed, LinkVoid."""
        user, hashed = self.whose_link(Purpose.RESET, token, now)
        ended = self.accounts.set_password(user, hashed, password, EventKind.PASSWORD_RESET, now)
        self.sessions.bury_all(ended, now)
