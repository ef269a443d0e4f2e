"""The end of all sessions of a user in SQL (core/session_ends.py).

Lock order, against deadlocks: the row of the user first, then those of sessions.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, Select, delete, exists, select, update
from sqlalchemy.orm import InstrumentedAttribute

from webapp.core.end_reasons import EndReason
from webapp.core.models import Session
from webapp.core.ports import MAX_OPEN_SESSIONS

from .errors import transaction
from .models import DeviceRow, EventRow, SessionEndRow, SessionRow, UserRow, db
from .security_events import add_end_events

# Epoch of a SessionEndRow for too many open sessions: the oldest have to end.
NO_EPOCH = 0
# Rows of each table that are deleted together with a user: usually all.
REMOVED_AT_ONCE = 500
UNSYNCHRONISED = {"synchronize_session": False}


class SqlSessionEnds:
    """Serves `core.session_ends.SessionEndStore`."""

    def end_all(self, user_id: str, reason: str, now: int, *, but: str | None) -> list[Session]:
        with transaction():
            return end_all(user_id, reason, now, but=but)

    def finish_batch(self, now: int, limit: int) -> tuple[list[Session], bool]:
        oldest = select(SessionEndRow).order_by(SessionEndRow.at).limit(1)
        with transaction():
            end = db.session.scalar(oldest)
            if end is None:
                return [], False
            epoch = lock_epoch(end.user_id)
            if epoch is None:
                ended, done = _remove_batch(end.user_id, limit)
            else:
                which, at = _ended_by(end), end.at
                if end.epoch == NO_EPOCH:
                    which, at = _beyond(end.user_id, epoch, MAX_OPEN_SESSIONS), now
                ended = _end_batch(which, end.reason, at, limit)
                done = not db.session.scalar(select(exists(which)))
            if done:
                _delete_mark(end)
        return ended, True


def lock_epoch(user_id: str, *conditions: ColumnElement[bool]) -> int | None:
    """Lock the user's row and return the session epoch; None if a condition is not met.

    A write, so that both stay unchanged until the commit: no new session can miss the end of all.
    """
    locking = update(UserRow).where(UserRow.id == user_id, *conditions)
    locking = locking.values(session_epoch=UserRow.session_epoch).returning(UserRow.session_epoch)
    epoch: int | None = db.session.scalar(locking, execution_options=UNSYNCHRONISED)
    return epoch


def end_all(user_id: str, reason: str, now: int, *, but: str | None = None) -> list[Session]:
    """End all sessions except `but`, in the transaction of the change; the first of them."""
    end_values = {"sessions_ended_at": now, "sessions_ended_reason": reason, "session_kept": but}
    ending = update(UserRow).where(UserRow.id == user_id)
    ending = ending.values(session_epoch=UserRow.session_epoch + 1, **end_values)
    epoch = db.session.scalar(
        ending.returning(UserRow.session_epoch), execution_options=UNSYNCHRONISED
    )
    if epoch is None:
        return []
    if but:
        _keep(but, user_id, epoch)
    end = SessionEndRow(user_id=user_id, epoch=epoch, reason=reason, at=now)
    ended = _end_batch(_ended_by(end), reason, now, MAX_OPEN_SESSIONS)
    if len(ended) == MAX_OPEN_SESSIONS:
        db.session.add(end)
    return ended


def _keep(sid: str, user_id: str, epoch: int) -> None:
    """Move a session to the new epoch, so that it stays open, unless it has ended before."""
    is_open = SessionRow.epoch.is_(None) | (SessionRow.epoch == epoch - 1)
    keeping = update(SessionRow).where(SessionRow.sid == sid, SessionRow.user_id == user_id)
    keeping = keeping.where(is_open).values(epoch=epoch)
    db.session.execute(keeping, execution_options=UNSYNCHRONISED)


def end_oldest(newest: Session, now: int) -> list[Session]:
    """End the oldest sessions to make room for the newest; at most MAX_OPEN_SESSIONS at once."""
    user_id, epoch = newest.user_id, newest.epoch or NO_EPOCH
    too_many = _beyond(user_id, epoch, MAX_OPEN_SESSIONS - 1).where(SessionRow.sid != newest.sid)
    ended = _end_batch(too_many, EndReason.TOO_MANY, now, MAX_OPEN_SESSIONS)
    if len(ended) == MAX_OPEN_SESSIONS:
        mark = SessionEndRow(user_id=user_id, epoch=NO_EPOCH, reason=EndReason.TOO_MANY, at=now)
        db.session.merge(mark)
    return ended


def remove_all(user_id: str, now: int) -> list[Session]:
    """Delete sessions, events and devices together with their user; the open sessions of them."""
    removed, done = _remove_batch(user_id, REMOVED_AT_ONCE)
    if not done:
        reason = EndReason.DELETED
        db.session.merge(SessionEndRow(user_id=user_id, epoch=NO_EPOCH, reason=reason, at=now))
    return removed


def _ended_by(end: SessionEndRow) -> Select[str]:
    """The sids of sessions that ended by it, without the end in their rows."""
    older_version = SessionRow.epoch.is_(None) & (SessionRow.created_at <= end.at)
    return _open_of(end.user_id).where((SessionRow.epoch < end.epoch) | older_version)


def _beyond(user_id: str, epoch: int, kept: int) -> Select[str]:
    """The sids of open sessions without the newest `kept`."""
    newest_first = (SessionRow.created_at.desc(), SessionRow.sid)
    open_ones = _open_of(user_id).where(SessionRow.epoch == epoch)
    return open_ones.order_by(*newest_first).offset(kept)


def _open_of(user_id: str) -> Select[str]:
    open_ones: Select[str] = select(SessionRow.sid).correlate(None)
    return open_ones.where(SessionRow.user_id == user_id, SessionRow.ended_at.is_(None))


def _end_batch(which: Select[str], reason: str, now: int, limit: int) -> list[Session]:
    still_open = SessionRow.sid.in_(which.limit(limit)) & SessionRow.ended_at.is_(None)
    ending = update(SessionRow).where(still_open).values(ended_at=now, ended_reason=reason)
    options = UNSYNCHRONISED | {"populate_existing": True}
    rows = db.session.scalars(ending.returning(SessionRow), execution_options=options)
    ended = [row.to_session() for row in rows]
    if ended:
        add_end_events(ended[0].user_id, [session.sid for session in ended], reason, now)
    return ended


def _remove_batch(user_id: str, limit: int) -> tuple[list[Session], bool]:
    """Delete a batch; the sessions that were open, and whether no rows are left."""
    sids = select(SessionRow.sid).where(SessionRow.user_id == user_id).limit(limit).correlate(None)
    removing = delete(SessionRow).where(SessionRow.sid.in_(sids)).returning(SessionRow)
    sessions = [
        row.to_session()
        for row in db.session.scalars(removing, execution_options=UNSYNCHRONISED).all()
    ]
    others = [_remove_some(EventRow.id, user_id, limit)]
    others += [_remove_some(DeviceRow.device_id, user_id, limit)]
    return list(_deleted(sessions)), all(count < limit for count in (len(sessions), *others))


def _remove_some(key: InstrumentedAttribute[Any], user_id: str, limit: int) -> int:
    """Delete rows of a user; the number of them."""
    of_user = key.class_.user_id == user_id
    keys = select(key).where(of_user).limit(limit).correlate(None)
    removing = delete(key.class_).where(of_user, key.in_(keys)).returning(key)
    return len(db.session.scalars(removing, execution_options=UNSYNCHRONISED).all())


def _delete_mark(end: SessionEndRow) -> None:
    """Delete the mark of unfinished work, if no other worker has."""
    this_end = (SessionEndRow.user_id == end.user_id) & (SessionEndRow.epoch == end.epoch)
    db.session.execute(delete(SessionEndRow).where(this_end), execution_options=UNSYNCHRONISED)


def _deleted(sessions: Iterable[Session]) -> Iterable[Session]:
    return (replace(s, ended_reason=EndReason.DELETED) for s in sessions if not s.ended_reason)
