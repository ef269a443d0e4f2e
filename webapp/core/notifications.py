"""What people are told by mail: that a link waits for them, and what happened to their account.

How a letter looks and travels is the mail room's business.
"""

from dataclasses import replace
from enum import StrEnum
from typing import Protocol

from .email_tokens import CONFIRM_TTL, RESET_TTL, UNDO_TTL, EmailTokens, Purpose
from .models import User

# Where no mail goes (RFC 2606 section 2). It has to be a valid address: a letter to it is written.
NOBODY = User(
    id="00000000-0000-4000-8000-000000000000", email="nobody@nowhere.test", name="", role=""
)


class Notification(StrEnum):
    VERIFY_EMAIL = "verify_email"
    ALREADY_REGISTERED = "already_registered"
    RESET_PASSWORD = "reset_password"  # noqa: S105 - the name of a letter
    PASSWORD_CHANGED = "password_changed"  # noqa: S105
    CONFIRM_NEW_EMAIL = "confirm_new_email"
    EMAIL_CHANGE_REQUESTED = "email_change_requested"
    EMAIL_CHANGED = "email_changed"
    EMAIL_CHANGED_UNDO = "email_changed_undo"
    SIGN_IN_STOLEN = "sign_in_stolen"
    ACCOUNT_DELETED = "account_deleted"


class Mailer(Protocol):
    def send(self, notice: Notification, to: str, **facts: str) -> None:
        """Never fails and never waits: what can't be delivered is tried again, then logged."""


class Notifications:
    """Every letter that the core has reason to send, and its link."""

    def __init__(self, post: Mailer, links: EmailTokens) -> None:
        self._mailer = post
        self._email_tokens = links

    def confirm_address(self, user: User, password_hash: str, now: float) -> None:
        token = self._email_tokens.make(Purpose.CONFIRM, user, password_hash, now)
        self._send(Notification.VERIFY_EMAIL, user, token=token, minutes=str(CONFIRM_TTL // 60))

    def reset_password(self, user: User, password_hash: str, now: float) -> None:
        token = self._email_tokens.make(Purpose.RESET, user, password_hash, now)
        self._send(Notification.RESET_PASSWORD, user, token=token, minutes=str(RESET_TTL // 60))

    def already_registered(self, user: User) -> None:
        self._send(Notification.ALREADY_REGISTERED, user)

    def password_changed(self, user: User) -> None:
        self._send(Notification.PASSWORD_CHANGED, user)

    def confirm_new_email(self, user: User, now: float) -> None:
        """To the address that waits."""
        token = self._email_tokens.make(Purpose.CHANGE_EMAIL, user, "", now)
        facts = {"token": token, "minutes": str(CONFIRM_TTL // 60)}
        self._mailer.send(Notification.CONFIRM_NEW_EMAIL, user.pending_email or "", **facts)

    def email_change_requested(self, user: User) -> None:
        self._send(Notification.EMAIL_CHANGE_REQUESTED, user, new_email=user.pending_email or "")

    def email_changed(self, before: User, after: User) -> None:
        """To the old address, where nothing can be undone: an admin did it, or the undo itself."""
        self._send(Notification.EMAIL_CHANGED, before, new_email=after.email)

    def email_change_undoable(
        self, old_email: str, after: User, change_id: int, now: float
    ) -> None:
        """To the old address: a thief of the account can change everything but that mailbox."""
        token = self._email_tokens.make_undo(after.id, change_id, now)
        facts = {"token": token, "new_email": after.email, "days": str(UNDO_TTL // 86400)}
        self._send(Notification.EMAIL_CHANGED_UNDO, replace(after, email=old_email), **facts)

    def sign_in_stolen(self, user: User) -> None:
        self._send(Notification.SIGN_IN_STOLEN, user)

    def account_deleted(self, user: User) -> None:
        self._send(Notification.ACCOUNT_DELETED, user)

    def send_dummy(self, now: float) -> None:
        """As much work as a letter, and none is sent: how long it takes must not tell."""
        self.reset_password(NOBODY, "", now)

    def _send(self, notice: Notification, user: User, **facts: str) -> None:
        """Letters greet by no name: a stranger who registers an address first chooses the name."""
        self._mailer.send(notice, user.email, **facts)
