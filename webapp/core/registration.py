"""Registration, verification of the e-mail, and password reset.

Text, status and timing of a response do not reveal whether an e-mail has an account
(OWASP ASVS 5.0 6.3.8): the difference is in the mail to that e-mail.
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
    """Whether the e-mail has to be verified before the first sign-in."""

    def register(
        self, email: str, password: str, name: str, now: float, language: str = ""
    ) -> User:
        """Create the account. If the e-mail is taken, return a made-up user that looks the same.

        Raises ValidationFailed with `fields`.
        """
        valid = self.accounts.validated(UserChanges(email=email, password=password, name=name))
        user = replace(new_user(valid, now, language), awaiting_verification=self.must_confirm)
        hashed = self.passwords.hash(password)
        try:
            self.users.create(user, hashed)
        except Conflict:
            self._notify_owner(user.email, now)
        else:
            self.notifications.verify_email(user, hashed, now)
        return user

    def _notify_owner(self, email: str, now: float) -> None:
        """Mail the owner of an e-mail that was registered again, by them or by a stranger."""
        owner, _ = self.accounts.find(email)
        if owner:
            self.events.record(EventKind.REGISTERED_AGAIN, owner.id, now)
            self.notifications.already_registered(owner)
        else:
            self.email_changes.mail_undo_again(email, "", now)

    def send_reset_link(self, email: str, now: float) -> None:
        """Mail a reset link, if the e-mail has an account. Runs in the background."""
        user, hashed = self.accounts.find(email)
        self.events.record(EventKind.RESET_REQUESTED, user.id if user else None, now)
        if user and hashed and not user.disabled:
            self.notifications.reset_password(user, hashed, now)
        else:
            self.notifications.send_dummy(now)

    def send_confirmation(self, email: str, now: float) -> None:
        """Mail a new verification link, if the e-mail is unverified. Runs in the background."""
        user, hashed = self.accounts.find(email)
        if user and hashed and user.email_verified_at is None and not user.disabled:
            self.notifications.verify_email(user, hashed, now)
        else:
            self.notifications.send_dummy(now)

    def user_of_link(self, purpose: Purpose, token: str, now: float) -> tuple[User, str]:
        """The user of a link, and the password hash. Raises InvalidLink."""
        row = self.users.by_id(self.email_tokens.read_user_id(purpose, token, now))
        if row is None or row[0].disabled:
            raise InvalidLink
        self.email_tokens.verify_unused(purpose, token, *row)
        return row

    def confirm(self, token: str, password: str, now: float) -> None:
        """Mark the e-mail as verified. A pending account needs its password for this as well.

        Otherwise a stranger could register another person's e-mail with a password of their own,
        and its owner would activate the account when they open the link.
        Raises InvalidLink, WrongPassword.
        """
        user, hashed = self.user_of_link(Purpose.CONFIRM, token, now)
        if user.awaiting_verification:
            self.accounts.check_password(user.id, password, now)
        self.feed.publish(user.id)
        if not self.users.confirm(user, hashed, int(now)):
            raise InvalidLink

    def reset(self, token: str, password: str, now: float) -> None:
        """Set a new password by a mailed link, and end all sessions.

        Raises ValidationFailed, InvalidLink, Overloaded.
        """
        user, hashed = self.user_of_link(Purpose.RESET, token, now)
        ended = self.accounts.set_password(user, hashed, password, EventKind.PASSWORD_RESET, now)
        self.sessions.write_tombstones(ended, now)
