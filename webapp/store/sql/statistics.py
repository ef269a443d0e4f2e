"""Figures for admins, in SQL: one query for the days and one for the totals."""

from typing import Any

from sqlalchemy import Select, func, select

from webapp.core.end_reasons import EndReason
from webapp.core.security_events import EventKind
from webapp.core.statistics import DAY, DailyCounts, Series, Totals

from .errors import translate_sql_errors
from .factor_models import AuthenticatorRow, PasskeyRow
from .models import EventRow, SessionRow, UserRow, db
from .sessions import OPEN
from .user_search import MAX_COUNTED

SERIES = {
    EventKind.SIGNED_IN: Series.SIGN_INS,
    EventKind.SIGN_IN_FAILED: Series.FAILED_SIGN_INS,
    EventKind.REGISTERED: Series.NEW_ACCOUNTS,
    EventKind.SESSION_ENDED: Series.THEFTS,
}


class SqlStatistics:
    """Serves `core.statistics.Statistics`."""

    max_total = MAX_COUNTED
    # The index gives the newest first, so the cost does not grow with the table.
    max_events = 20_000

    def daily(self, first_day: int) -> DailyCounts:
        newest = (
            select((EventRow.at // DAY).label("day"), EventRow.kind, EventRow.detail)
            .where(EventRow.at >= first_day * DAY)
            .order_by(EventRow.at.desc())
            .limit(self.max_events)
            .subquery()
        )
        is_theft = newest.c.detail == EndReason.REUSE
        is_session_end = newest.c.kind == EventKind.SESSION_ENDED
        groups = newest.c.day, newest.c.kind, (is_session_end & is_theft).label("theft")
        # In a subquery: for PostgreSQL, two expressions with parameters are never the same.
        grouped = select(*groups).subquery()
        counting = select(grouped, func.count()).group_by(*grouped.c)
        with translate_sql_errors():
            rows = db.session.execute(counting).all()
        counts = {
            (SERIES[kind], int(day)): count
            for day, kind, theft, count in rows
            if kind in SERIES and (theft or kind != EventKind.SESSION_ENDED)
        }
        return DailyCounts(counts, complete=sum(row[-1] for row in rows) < self.max_events)

    def totals(self, now: int) -> Totals:
        open_sessions = select(SessionRow.sid).join(UserRow, UserRow.id == SessionRow.user_id)
        counted: tuple[Select[Any], ...] = (
            select(UserRow.id),
            open_sessions.where(OPEN, SessionRow.expires_at > now),
            select(PasskeyRow.user_id).distinct(),
            select(AuthenticatorRow.user_id),
        )
        numbers = (
            select(func.count()).select_from(each.limit(self.max_total).subquery())
            for each in counted
        )
        with translate_sql_errors():
            row = db.session.execute(select(*(each.scalar_subquery() for each in numbers))).one()
        return Totals(*row)
