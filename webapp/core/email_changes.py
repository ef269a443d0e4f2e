"""Changes of a user's own e-mail: pending until its link is opened, and undoable for a week.

The owner of the e-mail can reset the password. So a typing error must not give the account to a
stranger, and a thief must not be able to keep it (OWASP ASVS 5.0 6.3.7, 7.5.1). No response
reveals whether an e-mail has an account: the difference is in the mail to it.
"""

from dataclasses import dataclass, replace
from typing import Protocol

from .accounts import Accounts
from .email_tokens import EmailTokens, Purpose
from .errors import Conflict, InvalidLink, WrongPassword
from .factors import TakenBack
from .models import EmailChange, User, UserChanges
from .notifications import Notifications
from .ports import InvalidationFeed, UserRepository
from .security_events import EventKind
from .sessions import Sessions
from .text import N_

# Seconds before a change of the e-mail in which its thief may have added factors. More: an owner
# who undoes it has to add more of their own again.
STRANGE_BEFORE_CHANGE = 24 * 3600


class EmailChangeStore(Protocol):
    """Every method may raise Unavailable."""

    def set_pending(self, user_id: str, email: str | None, kind: EventKind, now: int) -> None:
        """Store a pending e-mail; None removes it."""

    def apply_pending(self, user: User, now: int) -> EmailChange | None:
        """Make the pending e-mail the user's; None if either e-mail has changed meanwhile.

        Raises Conflict if another account has it by now.
        """

    def undoable(self, change_id: int, now: int) -> EmailChange | None:
        """The change, if it can still be undone."""

    def undoable_to(self, email: str, now: int) -> EmailChange | None:
        """The oldest undoable change that would restore this e-mail."""

    def undo(
        self, change: EmailChange, now: int, *, strange_since: int
    ) -> tuple[User, TakenBack] | None:
        """Undo a change; the user before it, and what ended. One transaction.

        Also voids the password, and deletes the factors that were added since `strange_since`.

        It and all later changes can't be undone again: a later one may be the thief's. Earlier
        ones can. None if it was undone before.
        """


@dataclass(frozen=True)
class EmailChanges:
    store: EmailChangeStore
    users: UserRepository
    accounts: Accounts
    sessions: Sessions
    email_tokens: EmailTokens
    notifications: Notifications
    feed: InvalidationFeed

    def update_profile(
        self,
        user_id: str,
        *,
        email: str | None,
        name: str | None,
        password: str,
        now: float,
        proved: bool = False,
    ) -> User:
        """Change the name, and request a change of e-mail, which needs the current password.

        An open session on an unattended computer must not be enough to take the account over.
        `proved`: a user without a password has proved recently who they are.
        Raises ValidationFailed, WrongPassword, NotFound.
        """
        user = self.accounts.profile(user_id)
        valid = self.accounts.validated(UserChanges(email=email, name=name))
        new_email = valid.email if valid.email != user.email else None
        if new_email and not proved:
            if not password:
                error = N_("Enter your current password to change the e-mail address.")
                raise WrongPassword({"current_password": [error]})
            self.accounts.check_password(user_id, password, now)
        if valid.name is not None:
            user, _ = self.accounts.change(user_id, UserChanges(name=valid.name), now)
        return self._request(user, new_email, now) if new_email else user

    def _request(self, user: User, email: str, now: float) -> User:
        self.store.set_pending(user.id, email, EventKind.EMAIL_CHANGE_REQUESTED, int(now))
        changed = replace(user, pending_email=email)
        self._mail_link(changed, now)
        self.notifications.email_change_requested(changed)
        return changed

    def send_again(self, user_id: str, now: float) -> str | None:
        """Mail the link again; the pending e-mail, or None."""
        user = self.accounts.profile(user_id)
        if user.pending_email:
            self._mail_link(user, now)
        return user.pending_email

    def cancel(self, user_id: str, now: float) -> None:
        """Remove the pending e-mail, if there is one. Raises NotFound."""
        if self.accounts.profile(user_id).pending_email:
            self.store.set_pending(user_id, None, EventKind.EMAIL_CHANGE_CANCELLED, int(now))

    def _mail_link(self, user: User, now: float) -> None:
        """Mail the link. An e-mail that is taken gets another message, without a link."""
        assert user.pending_email
        owner, _ = self.accounts.find(user.pending_email)
        if owner:
            self.notifications.already_registered(owner)
        elif not self.mail_undo_again(user.pending_email, user.id, now):
            self.notifications.confirm_new_email(user, now)

    def mail_undo_again(self, email: str, user_id: str, now: float) -> bool:
        """Mail the undo link again, if the e-mail is reserved for another user; else False."""
        change = self.store.undoable_to(email, int(now))
        if change is None or change.user_id == user_id:
            return False
        after = self.accounts.profile(change.user_id)
        self.notifications.email_change_undoable(email, after, change.id, now)
        return True

    def user_of_link(self, token: str, now: float) -> User:
        """The user of a link with its pending e-mail. Raises InvalidLink."""
        row = self.users.by_id(self.email_tokens.read_user_id(Purpose.CHANGE_EMAIL, token, now))
        if row is None or row[0].disabled or not row[0].pending_email:
            raise InvalidLink
        self.email_tokens.verify_unused(Purpose.CHANGE_EMAIL, token, *row)
        return row[0]

    def confirm(self, token: str, now: float) -> None:
        """Make the pending e-mail the user's. Raises InvalidLink, also if it is taken."""
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
        """The change that the link undoes. Raises InvalidLink."""
        user_id, change_id = self.email_tokens.change_to_undo(token, now)
        change, user = self.store.undoable(change_id, int(now)), self.users.by_id(user_id)
        if change is None or change.user_id != user_id or user is None or user[0].disabled:
            raise InvalidLink
        return change

    def undo(self, token: str, now: float) -> tuple[User, str, TakenBack]:
        """Restore the old e-mail; the user, the token of a reset link, and what ended.

        The present password may be the thief's: it becomes invalid, and all sessions end. So may
        be passkeys and an authenticator app that were added shortly before.
        Raises InvalidLink, Conflict.
        """
        change = self.to_undo(token, now)
        self.feed.publish(change.user_id)
        since = change.changed_at - STRANGE_BEFORE_CHANGE
        undone = self.store.undo(change, int(now), strange_since=since)
        row = self.users.by_id(change.user_id)
        if undone is None or row is None:
            raise InvalidLink
        (before, taken), (after, stored) = undone, row
        self.sessions.write_tombstones(taken.sessions, now)
        if before.email != after.email:
            self.notifications.email_changed(before, after)
        return after, self.email_tokens.make(Purpose.RESET, after, stored, now), taken
