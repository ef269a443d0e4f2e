"""What has been kept for long, and whose turn it is to remove it."""

import redis
from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.orm import InstrumentedAttribute

from .database import committing
from .models import DeviceRow, EmailChangeRow, EventRow, SessionRow, db
from .sessions import answering

TURN = "tidying"


class SqlAttic:
    """Serves `core.tidying.Attic`."""

    def remove_expired_sessions(self, before: int, limit: int) -> int:
        return _remove(SessionRow.sid, SessionRow.expires_at < before, limit)

    def remove_ended_sessions(self, before: int, last_token_before: int, limit: int) -> int:
        """No token is made after the end, and each lives for as long as its session may idle."""
        long_over = SessionRow.ended_at < before
        tokens_gone = SessionRow.ended_at + SessionRow.idle_ttl < last_token_before
        return _remove(SessionRow.sid, long_over & tokens_gone, limit)

    def remove_events(self, before: int, limit: int) -> int:
        return _remove(EventRow.id, EventRow.at < before, limit)

    def remove_email_changes(self, before: int, limit: int) -> int:
        return _remove(EmailChangeRow.id, EmailChangeRow.changed_at <= before, limit)

    def remove_devices(self, before: int, limit: int) -> int:
        return _remove(DeviceRow.device_id, DeviceRow.last_seen < before, limit)


class RedisTurns:
    """One of all workers at a time; a key that lapses says that it has been somebody's turn."""

    def __init__(self, client: redis.Redis) -> None:
        self._redis = client

    def take(self, seconds: int) -> bool:
        """Whether it is ours, and nobody else's for so long. Raises Unavailable."""
        with answering():
            return bool(self._redis.set(TURN, "", nx=True, ex=seconds))


def _remove(
    key: InstrumentedAttribute[str] | InstrumentedAttribute[int],
    old: ColumnElement[bool],
    limit: int,
) -> int:
    """How many rows that was."""
    found = select(key).where(old).limit(limit).correlate(None)
    removing = delete(key.class_).where(key.in_(found), old)
    options = {"synchronize_session": False}
    with committing():
        return len(db.session.scalars(removing.returning(key), execution_options=options).all())
