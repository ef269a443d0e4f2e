"""Security events in SQL and in the log: one row and one line each."""

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

# Upper limit of `total`: to count a million rows takes longer than to show a page.
MAX_COUNTED = 10_000
# Characters that could fake a fact in a log line.
UNSAFE = re.compile(r"[^\w.:@-]")

# Key of the session's info: events that are not committed yet.
UNCOMMITTED = "uncommitted_events"

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
        """One page of events; `total` is at most MAX_COUNTED."""
        matching = select(EventRow.id)
        if user_id is not None:
            matching = matching.where(EventRow.user_id == user_id)
        if kinds:
            matching = matching.where(EventRow.kind.in_(kinds))
        if since:
            matching = matching.where(EventRow.at >= since)
        newest = matching.order_by(EventRow.at.desc(), EventRow.id.desc())
        user, actor = aliased(UserRow), aliased(UserRow)
        rows = (
            select(EventRow, user.email, actor.email, SessionRow.ip, SessionRow.user_agent)
            .outerjoin(user, user.id == EventRow.user_id)
            .outerjoin(actor, actor.id == EventRow.actor_id)
            .outerjoin(SessionRow, SessionRow.sid == EventRow.sid)
            .where(EventRow.id.in_(newest.offset(offset).limit(limit)))
            .order_by(EventRow.at.desc(), EventRow.id.desc())
        )
        with translate_sql_errors():
            counted = matching.limit(MAX_COUNTED).subquery()
            total = db.session.scalar(select(func.count()).select_from(counted)) or 0
            events = [_to_event(*row) for row in db.session.execute(rows)]
        return EventPage(events, total)


def add_event(
    kind: EventKind, user_id: str | None, now: int, *, detail: str = "", sid: str | None = None
) -> None:
    """Insert an event, in the transaction of the change.

    It is logged once the transaction is committed.
    """
    _add(audit_context.get()(), kind, user_id, now, detail, [sid])


def add_end_events(user_id: str, sids: list[str], reason: str, now: int) -> None:
    """Insert the end events of many sessions of a user, in one statement."""
    _add(audit_context.get()(), EventKind.SESSION_ENDED, user_id, now, reason, sids)


def add_deletion_event(user_id: str, now: int) -> None:
    """Insert the event of a deletion. Users who delete themselves leave no personal data in it."""
    context = audit_context.get()()
    if context.actor_id == user_id:
        context = AuditContext(request_id=context.request_id)
    _add(context, EventKind.ACCOUNT_DELETED, None, now, user_id, [None])


def _add(
    context: AuditContext,
    kind: EventKind,
    user_id: str | None,
    now: int,
    detail: str,
    sids: Sequence[str | None],
) -> None:
    actor_id = context.actor_id if context.actor_id != user_id else None
    row = {
        "kind": kind,
        "user_id": user_id,
        "actor_id": actor_id,
        "at": now,
        "detail": detail[:200],
        "ip": truncate(context.ip, 45),
        "user_agent": truncate(context.user_agent, 400),
        "request_id": context.request_id,
    }
    db.session.execute(insert(EventRow), [row | {"sid": sid} for sid in sids])
    facts = {"user": user_id, "actor": actor_id, "ip": context.ip, "detail": detail}
    for sid in sids:
        present = {name: value for name, value in {**facts, "sid": sid}.items() if value}
        db.session.info.setdefault(UNCOMMITTED, []).append((kind, present, detail))


@event.listens_for(db.session, "after_commit")
def log_committed_events(session: Session) -> None:
    """Log the committed events, and send the signal for each."""
    for kind, facts, detail in session.info.pop(UNCOMMITTED, []):
        # The IP may be a client's own text, passed on by a proxy: it must not look like a fact.
        text = " ".join(f"{name}={UNSAFE.sub('_', value)}" for name, value in facts.items())
        log.info("event=%s %s", kind, text, extra={"facts": {"event": kind, **facts}})
        event_committed.send(current_app._get_current_object(), kind=kind, detail=detail)  # type: ignore[attr-defined]


@event.listens_for(db.session, "after_rollback")
def discard_events(session: Session) -> None:
    """Log no events of a transaction that was rolled back."""
    session.info.pop(UNCOMMITTED, None)


def truncate(text: str, length: int) -> str:
    """A client's text in a form that a column can hold: PostgreSQL refuses a NUL."""
    return text.replace("\0", "")[:length]


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
