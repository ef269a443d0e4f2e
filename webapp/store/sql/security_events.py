"""Security events in SQL, and the same in the log: one row and one line each."""

import logging
import re
from collections.abc import Collection, Sequence

from blinker import Signal
from flask import current_app
from sqlalchemy import event, func, insert, select
from sqlalchemy.orm import Session, aliased

from webapp.core.security_events import AuditContext, Event, EventKind, EventPage, audit_context

from .errors import transaction, translate_sql_errors
from .models import EventRow, SessionRow, UserRow, db

MAX_COUNTED = 10_000
UNSAFE = re.compile(r"[^\w.:@-]")

log = logging.getLogger("webapp.events")
# Sent by the app, with `kind` and `detail`, for each event that is committed.
event_committed = Signal()


class SqlEvents:
    """Serves `core.security_events.Events`."""

    def record(self, kind: EventKind, user_id: str | None, now: float, detail: str = "") -> None:
        with transaction():
            add_event(kind, user_id, int(now), detail=detail)

    def page(
        self,
        *,
        user_id: str | None,
        kinds: Collection[str] = (),
        offset: int,
        limit: int,
        since: int = 0,
    ) -> EventPage:
        """`total` says no more than MAX_COUNTED: to count a million takes longer than to show a page."""
        matching = select(EventRow.id)
        if user_id is not None:
            matching = matching.where(EventRow.user_id == user_id)
        if kinds:
            matching = matching.where(EventRow.kind.in_(kinds))
        if since:
            matching = matching.where(EventRow.at >= since)
        newest = matching.order_by(EventRow.at.desc(), EventRow.id.desc())
        whose, actor = aliased(UserRow), aliased(UserRow)
        rows = (
            select(EventRow, whose.email, actor.email, SessionRow.ip, SessionRow.user_agent)
            .outerjoin(whose, whose.id == EventRow.user_id)
            .outerjoin(actor, actor.id == EventRow.actor_id)
            .outerjoin(SessionRow, SessionRow.sid == EventRow.sid)
            .where(EventRow.id.in_(newest.offset(offset).limit(limit)))
            .order_by(EventRow.at.desc(), EventRow.id.desc())
        )
        with translate_sql_errors():
            counted = matching.limit(MAX_COUNTED).subquery()
            total = db.session.scalar(select(func.count()).select_from(counted)) or 0
            found = [_to_event(*row) for row in db.session.execute(rows)]
        return EventPage(found, total)


def add_event(
    kind: EventKind, user_id: str | None, now: int, *, detail: str = "", sid: str | None = None
) -> None:
    """Write an event down in the transaction of what it is about.

    The line is logged once the row is committed.
    """
    _add(audit_context.get()(), kind, user_id, now, detail, [sid])


def add_end_events(user_id: str, sids: list[str], reason: str, now: int) -> None:
    """As `note`, of many sessions of a user, in one statement."""
    _add(audit_context.get()(), EventKind.SESSION_ENDED, user_id, now, reason, sids)


def add_deletion_event(user_id: str, now: int) -> None:
    """Of somebody who deletes their own account, nothing stays but that it was deleted."""
    here = audit_context.get()()
    if here.actor_id == user_id:
        here = AuditContext(request_id=here.request_id)
    _add(here, EventKind.ACCOUNT_DELETED, None, now, user_id, [None])


def _add(
    here: AuditContext,
    kind: EventKind,
    user_id: str | None,
    now: int,
    detail: str,
    sids: Sequence[str | None],
) -> None:
    actor_id = here.actor_id if here.actor_id != user_id else None
    row = {
        "kind": kind,
        "user_id": user_id,
        "actor_id": actor_id,
        "at": now,
        "detail": detail[:200],
        "ip": truncate(here.ip, 45),
        "user_agent": truncate(here.user_agent, 400),
        "request_id": here.request_id,
    }
    db.session.execute(insert(EventRow), [row | {"sid": sid} for sid in sids])
    facts = {"user": user_id, "actor": actor_id, "ip": here.ip, "detail": detail}
    for sid in sids:
        known = {name: value for name, value in {**facts, "sid": sid}.items() if value}
        db.session.info.setdefault("noted", []).append((kind, known, detail))


@event.listens_for(db.session, "after_commit")
def log_committed_events(session: Session) -> None:
    for kind, facts, detail in session.info.pop("noted", []):
        # A proxy may hand on what a client says of its ip: it must not look like another fact.
        told = " ".join(f"{name}={UNSAFE.sub('_', value)}" for name, value in facts.items())
        log.info("event=%s %s", kind, told, extra={"facts": {"event": kind, **facts}})
        event_committed.send(current_app._get_current_object(), kind=kind, detail=detail)  # type: ignore[attr-defined]


@event.listens_for(db.session, "after_rollback")
def forget(session: Session) -> None:
    session.info.pop("noted", None)


def truncate(told: str, length: int) -> str:
    """What a client says of itself, as a column can hold it: PostgreSQL refuses a NUL."""
    return told.replace("\0", "")[:length]


def _to_event(
    row: EventRow,
    email: str | None,
    actor: str | None,
    session_ip: str | None,
    session_user_agent: str | None,
) -> Event:
    return Event(
        id=row.id,
        kind=row.kind,
        detail=row.detail,
        at=row.at,
        user_id=row.user_id,
        email=email or "",
        actor=actor or "",
        sid=row.sid,
        ip=row.ip,
        user_agent=row.user_agent,
        request_id=row.request_id,
        session_ip=session_ip or "",
        session_user_agent=session_user_agent or "",
    )
