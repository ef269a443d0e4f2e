"""Notifications by mail: links, and changes of an account.

Text and delivery of the messages are in `webapp/mail`.
"""

from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum
from typing import Protocol

from .email_tokens import CONFIRM_TTL, RESET_TTL, UNDO_TTL, EmailTokens, Purpose
from .models import User

# A user whose mail is never sent (RFC 2606 section 2). The e-mail has to be valid, since a message
# to it is built.
DUMMY_USER = User(
    id="00000000-0000-4000-8000-000000000000", email="dummy@dummy.test", name="", role=""
)


class Notification(StrEnum):
    VERIFY_EMAIL = "verify_email"
    ALREADY_REGISTERED = "already_registered"
    RESET_PASSWORD = "reset_password"  # noqa: S105 - the name of a message
    PASSWORD_CHANGED = "password_changed"  # noqa: S105
    CONFIRM_NEW_EMAIL = "confirm_new_email"
    EMAIL_CHANGE_REQUESTED = "email_change_requested"
    EMAIL_CHANGED = "email_changed"
    EMAIL_CHANGED_UNDO = "email_changed_undo"
    SIGN_IN_STOLEN = "sign_in_stolen"
    NEW_SIGN_IN = "new_sign_in"
    FACTOR_ADDED = "factor_added"
    FACTOR_REMOVED = "factor_removed"
    RECOVERY_CODE_USED = "recovery_code_used"
    FACTORS_RESET = "factors_reset"
    CODES_GUESSED = "codes_guessed"
    ACCOUNT_DELETED = "account_deleted"


class Mailer(Protocol):
    def send(self, notice: Notification, to: str, **facts: str) -> None:
        """Queue a message. Never raises or waits: a failed delivery is retried, then logged."""


class Notifications:
    """Every message that the core sends, with its link."""

    def __init__(self, post: Mailer, links: EmailTokens) -> None:
        self._mailer = post
        self._email_tokens = links

    def verify_email(self, user: User, password_hash: str, now: float) -> None:
        token = self._email_tokens.make(Purpose.CONFIRM, user, password_hash, now)
        self._send(Notification.VERIFY_EMAIL, user, token=token, minutes=str(CONFIRM_TTL // 60))

    def reset_password(self, user: User, password_hash: str, now: float) -> None:
        token = self._email_tokens.make(Purpose.RESET, user, password_hash, now)
        self._send(Notification.RESET_PASSWORD, user, token=token, minutes=str(RESET_TTL // 60))

    def already_registered(self, user: User) -> None:
        self._send(Notification.ALREADY_REGISTERED, user)

    def password_changed(self, user: User, passkeys: Sequence[str] = ()) -> None:
        """`passkeys`: the names of those that still sign in."""
        self._send(Notification.PASSWORD_CHANGED, user, passkeys=", ".join(passkeys))

    def confirm_new_email(self, user: User, now: float) -> None:
        """Mail the link to the pending e-mail."""
        token = self._email_tokens.make(Purpose.CHANGE_EMAIL, user, "", now)
        facts = {"token": token, "minutes": str(CONFIRM_TTL // 60), "language": user.language}
        self._mailer.send(Notification.CONFIRM_NEW_EMAIL, user.pending_email or "", **facts)

    def email_change_requested(self, user: User) -> None:
        self._send(Notification.EMAIL_CHANGE_REQUESTED, user, new_email=user.pending_email or "")

    def email_changed(self, before: User, after: User) -> None:
        """Inform the old e-mail of a change that can't be undone: by an admin, or an undo."""
        self._send(Notification.EMAIL_CHANGED, before, new_email=after.email)

    def email_change_undoable(
        self, old_email: str, after: User, change_id: int, now: float
    ) -> None:
        """Mail the undo link to the old e-mail, which a thief of the account can't read."""
        token = self._email_tokens.make_undo(after.id, change_id, now)
        facts = {"token": token, "new_email": after.email, "days": str(UNDO_TTL // 86400)}
        self._send(Notification.EMAIL_CHANGED_UNDO, replace(after, email=old_email), **facts)

    def sign_in_stolen(self, user: User) -> None:
        self._send(Notification.SIGN_IN_STOLEN, user)

    def new_sign_in(self, user: User, sid: str, now: float) -> None:
        """A sign-in in a new browser, with a link to reject it."""
        token = self._email_tokens.make_not_me(user, sid, now)
        self._send(Notification.NEW_SIGN_IN, user, token=token, days=str(UNDO_TTL // 86400))

    def factor_added(self, user: User, factor: str) -> None:
        """`factor`: a phrase such as "a passkey (iPhone)"."""
        self._send(Notification.FACTOR_ADDED, user, factor=factor)

    def factor_removed(self, user: User, factor: str) -> None:
        self._send(Notification.FACTOR_REMOVED, user, factor=factor)

    def recovery_code_used(self, user: User, left: int) -> None:
        self._send(Notification.RECOVERY_CODE_USED, user, left=str(left))

    def factors_reset(self, user: User) -> None:
        self._send(Notification.FACTORS_RESET, user)

    def codes_guessed(self, user: User) -> None:
        """The limit of wrong codes is reached: someone else has the password."""
        self._send(Notification.CODES_GUESSED, user)

    def account_deleted(self, user: User) -> None:
        self._send(Notification.ACCOUNT_DELETED, user)

    def send_dummy(self, now: float) -> None:
        """Build a message and send none: constant work, so that timing reveals no account."""
        self.reset_password(DUMMY_USER, "", now)

    def _send(self, notice: Notification, user: User, **facts: str) -> None:
        """Send without the user's name: a stranger may have registered the e-mail and chosen it."""
        facts |= {"language": user.language, "user_id": user.id}
        self._mailer.send(notice, user.email, **facts)
