"""A change of one's own address: it waits until its link was opened, and can be undone for a week.

Whoever holds the address can have the password reset. So a typing error must not give the account
to a stranger, and a thief must not be able to keep it (OWASP ASVS 5.0 6.3.7, 7.5.1).
Nothing here reveals whether an address has an account: what differs goes to it by mail.
"""

import secrets
from dataclasses import dataclass, replace
from typing import Protocol

from .accounts import Accounts
from .email_tokens import EmailTokens, Purpose
from .errors import Conflict, InvalidLink, WrongPassword
from .models import Session, User, UserChanges
from .notifications import Notifications
from .passwords import Passwords
from .ports import InvalidationFeed, UserRepository
from .security_events import EventKind
from .sessions import Sessions


@dataclass(frozen=True)
class EmailChange:
    """A change that was made. Its old address is kept for the account as long as it can be undone.

    Otherwise a thief could make an account of that address, and there would be no way back.
    """

    id: int
    user_id: str
    old_email: str


class EmailChangeStore(Protocol):
    """Every method may raise Unavailable."""

    def set_pending(self, user_id: str, email: str | None, kind: EventKind, now: int) -> None:
        """Let an address wait; None: none any more."""

    def apply_pending(self, user: User, now: int) -> EmailChange | None:
        """Make the waiting address the user's; None: one of the two has changed meanwhile.

        Raises Conflict: another account has it by now.
        """

    def undoable(self, change_id: int, now: int) -> EmailChange | None: ...

    def undoable_to(self, email: str, now: int) -> EmailChange | None:
        """The oldest change that can put this address back."""

    def undo(
        self, change: EmailChange, password_hash: str, now: int
    ) -> tuple[User, User, list[Session]] | None:
        """The user before and after, and the sessions that ended, in one transaction.

        It and all later changes are used up by this: a later one may be the thief's. Earlier
        ones are not. None: it was used up already.
        """


@dataclass(frozen=True)
class EmailChanges:
    store: EmailChangeStore
    users: UserRepository
    passwords: Passwords
    accounts: Accounts
    sessions: Sessions
    email_tokens: EmailTokens
    notifications: Notifications
    feed: InvalidationFeed

    def update_profile(
        self, user_id: str, *, email: str | None, name: str | None, password: str, now: float
    ) -> User:
        """Change the name; let another address wait, for which the current password is needed.

        A session alone, left open on a desk, must not be enough to move the account.
        Raises ValidationFailed, PasswordRefused, NotFound.
        """
        user = self.accounts.profile(user_id)
        good = self.accounts.validated(UserChanges(email=email, name=name))
        wanted = good.email if good.email != user.email else None
        if wanted:
            if not password:
                complaint = "Enter your current password to change the address."
                raise WrongPassword({"current_password": [complaint]})
            self.accounts.check_password(user_id, password, now)
        if good.name is not None:
            user, _ = self.accounts.change(user_id, UserChanges(name=good.name), now)
        return self._request(user, wanted, now) if wanted else user

    def _request(self, user: User, email: str, now: float) -> User:
        self.store.set_pending(user.id, email, EventKind.EMAIL_CHANGE_REQUESTED, int(now))
        waiting = replace(user, pending_email=email)
        self._mail_link(waiting, now)
        self.notifications.email_change_requested(waiting)
        return waiting

    def send_again(self, user_id: str, now: float) -> str | None:
        """The address that waits, if one does."""
        user = self.accounts.profile(user_id)
        if user.pending_email:
            self._mail_link(user, now)
        return user.pending_email

    def cancel(self, user_id: str, now: float) -> None:
        if self.accounts.profile(user_id).pending_email:
            self.store.set_pending(user_id, None, EventKind.EMAIL_CHANGE_CANCELLED, int(now))

    def _mail_link(self, user: User, now: float) -> None:
        """An address that is taken gets a letter as well, but no link."""
        assert user.pending_email
        owner, _ = self.accounts.find(user.pending_email)
        if owner:
            self.notifications.already_registered(owner)
        elif not self.mail_undo_again(user.pending_email, user.id, now):
            self.notifications.confirm_new_email(user, now)

    def mail_undo_again(self, email: str, user_id: str, now: float) -> bool:
        """To an address that is kept for another user."""
        change = self.store.undoable_to(email, int(now))
        if change is None or change.user_id == user_id:
            return False
        after = self.accounts.profile(change.user_id)
        self.notifications.email_change_undoable(email, after, change.id, now)
        return True

    def user_of_link(self, token: str, now: float) -> User:
        """The user whose waiting address the link is for. Raises LinkVoid."""
        found = self.users.by_id(self.email_tokens.read_user_id(Purpose.CHANGE_EMAIL, token, now))
        if found is None or found[0].disabled or not found[0].pending_email:
            raise InvalidLink
        self.email_tokens.verify_unused(Purpose.CHANGE_EMAIL, token, *found)
        return found[0]

    def confirm(self, token: str, now: float) -> None:
        """The waiting address is the user's from now on. Raises LinkVoid, also if it is taken."""
        before = self.user_of_link(token, now)
        assert before.pending_email
        self.feed.publish(before.id)
        try:
            change = self.store.apply_pending(before, int(now))
        except Conflict:
            change = None
        if change is None:
            raise InvalidLink
        after = replace(before, email=before.pending_email)
        self.notifications.email_change_undoable(before.email, after, change.id, now)

    def to_undo(self, token: str, now: float) -> EmailChange:
        """What the link undoes. Raises LinkVoid."""
        user_id, change_id = self.email_tokens.change_to_undo(token, now)
        change, user = self.store.undoable(change_id, int(now)), self.users.by_id(user_id)
        if change is None or change.user_id != user_id or user is None or user[0].disabled:
            raise InvalidLink
        return change

    def undo(self, token: str, now: float) -> tuple[User, str]:
        """Put the old address back; the user, and a link's token to set a new password.

        The password that was the account's until now may be the thief's: it opens nothing any
        more, and all sessions end. Raises LinkVoid, Conflict.
        """
        change = self.to_undo(token, now)
        unknown = self.passwords.hash(secrets.token_urlsafe(32))
        self.feed.publish(change.user_id)
        undone = self.store.undo(change, unknown, int(now))
        if undone is None:
            raise InvalidLink
        before, after, ended = undone
        self.sessions.write_tombstones(ended, now)
        if before.email != after.email:
            self.notifications.email_changed(before, after)
        return after, self.email_tokens.make(Purpose.RESET, after, unknown, now)
