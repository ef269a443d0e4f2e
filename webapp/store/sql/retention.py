"""Retention: deletes old rows in batches."""

from collections.abc import Sequence
from typing import TypeVar

from sqlalchemy import ColumnElement, delete, exists, select
from sqlalchemy.orm import InstrumentedAttribute

from webapp.core.policy import Role

from .errors import transaction
from .models import DeviceRow, EmailChangeRow, EventRow, SessionRow, UserRow, db
from .session_ends import remove_all

Key = TypeVar("Key", str, int)


class SqlRetention:
    """Serves `core.retention.RetentionStore`."""

    def remove_expired_sessions(self, before: int, limit: int) -> int:
        return _remove(SessionRow.sid, SessionRow.expires_at < before, limit)

    def remove_ended_sessions(self, before: int, last_token_before: int, limit: int) -> int:
        """No token is issued after the end, and none lives longer than the idle limit."""
        is_old = SessionRow.ended_at < before
        tokens_expired = SessionRow.ended_at + SessionRow.idle_ttl < last_token_before
        return _remove(SessionRow.sid, is_old & tokens_expired, limit)

    def remove_events(self, before: int, limit: int) -> int:
        return _remove(EventRow.id, EventRow.at < before, limit)

    def remove_pending_accounts(self, before: int, limit: int) -> int:
        """With their words and events. Only accounts without sessions, as an extra safeguard."""
        unverified = (
            UserRow.awaiting_verification
            & UserRow.email_verified_at.is_(None)
            & (UserRow.created_at < before)
        )
        untouched = UserRow.disabled_at.is_(None) & (UserRow.role == Role.USER)
        unused = ~exists().where(SessionRow.user_id == UserRow.id)
        with transaction():
            removed = _removed(UserRow.id, unverified & untouched & unused, limit)
            for user_id in removed:
                remove_all(user_id, before)
        return len(removed)

    def remove_email_changes(self, before: int, limit: int) -> int:
        return _remove(EmailChangeRow.id, EmailChangeRow.changed_at <= before, limit)

    def remove_devices(self, before: int, limit: int) -> int:
        return _remove(DeviceRow.device_id, DeviceRow.last_seen < before, limit)


def _remove(
    key: InstrumentedAttribute[Key],
    old: ColumnElement[bool],
    limit: int,
) -> int:
    """Delete old rows; the number of them."""
    with transaction():
        return len(_removed(key, old, limit))


def _removed(
    key: InstrumentedAttribute[Key], old: ColumnElement[bool], limit: int
) -> Sequence[Key]:
    """Delete old rows; their keys."""
    keys = select(key).where(old).limit(limit).correlate(None)
    removing = delete(key.class_).where(key.in_(keys), old)
    options = {"synchronize_session": False}
    return db.session.scalars(removing.returning(key), execution_options=options).all()
