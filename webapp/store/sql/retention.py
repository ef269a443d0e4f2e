"""Retention: rows that have been kept for long are deleted in batches."""

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
        """No token is made after the end, and each lives for as long as its session may idle."""
        long_over = SessionRow.ended_at < before
        tokens_gone = SessionRow.ended_at + SessionRow.idle_ttl < last_token_before
        return _remove(SessionRow.sid, long_over & tokens_gone, limit)

    def remove_events(self, before: int, limit: int) -> int:
        return _remove(EventRow.id, EventRow.at < before, limit)

    def remove_pending_accounts(self, before: int, limit: int) -> int:
        """With their words and events. One that was ever signed in to is not pending: to be sure,
        no session may refer to it."""
        waiting = (
            UserRow.awaiting_verification
            & UserRow.email_verified_at.is_(None)
            & (UserRow.created_at < before)
        )
        untouched = UserRow.disabled_at.is_(None) & (UserRow.role == Role.USER)
        unused = ~exists().where(SessionRow.user_id == UserRow.id)
        with transaction():
            removed = _removed(UserRow.id, waiting & untouched & unused, limit)
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
    """How many rows that was."""
    with transaction():
        return len(_removed(key, old, limit))


def _removed(
    key: InstrumentedAttribute[Key], old: ColumnElement[bool], limit: int
) -> Sequence[Key]:
    """The keys of the rows."""
    found = select(key).where(old).limit(limit).correlate(None)
    removing = delete(key.class_).where(key.in_(found), old)
    options = {"synchronize_session": False}
    return db.session.scalars(removing.returning(key), execution_options=options).all()
