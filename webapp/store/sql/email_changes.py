"""Changes of e-mails in SQL: pending ones, and those that can be undone."""

from sqlalchemy import select, update
from sqlalchemy.sql import ColumnElement

from webapp.core.email_tokens import UNDO_TTL
from webapp.core.end_reasons import EndReason
from webapp.core.factors import TakenBack
from webapp.core.models import EmailChange, User
from webapp.core.security_events import EventKind

from . import user_search
from .account_recovery import take_back
from .devices import remember_this_device
from .errors import transaction, translate_sql_errors
from .models import EmailChangeRow, UserRow, db
from .security_events import add_event
from .session_ends import UNSYNCHRONISED
from .unique_emails import check_not_reserved, unique_email
from .users import lock_user


class SqlEmailChanges:
    """Serves `core.email_changes.EmailChangeStore`."""

    def set_pending(self, user_id: str, email: str | None, kind: EventKind, now: int) -> None:
        change = update(UserRow).where(UserRow.id == user_id).values(pending_email=email)
        with transaction():
            db.session.execute(change, execution_options={"synchronize_session": False})
            add_event(kind, user_id, now)

    def apply_pending(self, user: User, now: int) -> EmailChange | None:
        with unique_email(), transaction():
            row, _ = lock_user(user.id, with_admins=False)
            present = (row.email, row.pending_email) if row else None
            if row is None or present != (user.email, user.pending_email):
                return None
            change = EmailChangeRow(user_id=user.id, old_email=user.email, changed_at=now)
            db.session.add(change)
            _set_email(row, user.pending_email or "", now)
            check_not_reserved(row.email, user.id, now)
            remember_this_device(user.id, now)
            add_event(EventKind.EMAIL_CHANGED, user.id, now)
        return change.to_change()

    def undoable(self, change_id: int, now: int) -> EmailChange | None:
        return _first(EmailChangeRow.id == change_id, now)

    def undoable_to(self, email: str, now: int) -> EmailChange | None:
        return _first(EmailChangeRow.old_email == email, now)

    def undo(
        self, change: EmailChange, now: int, *, strange_since: int
    ) -> tuple[User, TakenBack] | None:
        with unique_email(), transaction():
            row, _ = lock_user(change.user_id, with_admins=False)
            if row is None:
                return None
            before = row.to_user()
            if not restore_email(row, change, now):
                return None
            taken = take_back(row, EndReason.EMAIL_RESTORED, now, strange_since=strange_since)
        return before, taken


def restore_email(user: UserRow, change: EmailChange, now: int) -> bool:
    """Undo a change, in a larger transaction; False if it was undone before.

    It and all later ones can't be undone again.
    """
    undoable = (EmailChangeRow.user_id == change.user_id) & EmailChangeRow.undone_at.is_(None)
    undoing = update(EmailChangeRow).where(undoable, EmailChangeRow.id >= change.id)
    undoing = undoing.values(undone_at=now).returning(EmailChangeRow.id)
    if change.id not in db.session.scalars(undoing, execution_options=UNSYNCHRONISED).all():
        return False
    _set_email(user, change.old_email, now)
    add_event(EventKind.EMAIL_RESTORED, user.id, now)
    return True


def _set_email(row: UserRow, email: str, now: int) -> None:
    """Set a verified e-mail."""
    row.email, row.pending_email = email, None
    row.email_verified_at, row.awaiting_verification = now, False
    db.session.flush()
    user_search.index(row)


def _first(condition: ColumnElement[bool], now: int) -> EmailChange | None:
    undoable = EmailChangeRow.undone_at.is_(None) & (EmailChangeRow.changed_at > now - UNDO_TTL)
    oldest = select(EmailChangeRow).where(condition, undoable).order_by(EmailChangeRow.id).limit(1)
    with translate_sql_errors():
        row = db.session.scalar(oldest)
    return row.to_change() if row else None
