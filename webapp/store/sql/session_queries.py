"""Sessions of all users, in SQL."""

from webapp.core.models import Session

from .errors import translate_sql_errors
from .models import SessionRow, UserRow, db
from .sessions import OPEN, to_session, with_user

WITH_EMAIL = with_user(UserRow.email, SessionRow)


class SqlSessionQueries:
    """Serves `core.ports.SessionQueries`."""

    def session(self, sid: str) -> tuple[Session, str] | None:
        query = WITH_EMAIL.where(SessionRow.sid == sid)
        with translate_sql_errors():
            row = db.session.execute(query.execution_options(populate_existing=True)).first()
        return (to_session(*row[1:]), row[0]) if row else None

    def sessions(
        self, *, user_id: str | None, open_at: int | None, offset: int, limit: int
    ) -> list[tuple[Session, str]]:
        query = WITH_EMAIL.order_by(SessionRow.created_at.desc(), SessionRow.sid)
        query = query.offset(offset).limit(limit)
        if user_id is not None:
            query = query.where(SessionRow.user_id == user_id)
        if open_at is not None:
            query = query.where(OPEN, SessionRow.expires_at > open_at)
        with translate_sql_errors():
            return [(to_session(*row), email) for email, *row in db.session.execute(query)]

    def open_sids(self, now: int, after: str, limit: int) -> list[str]:
        query = with_user(SessionRow.sid).where(
            OPEN, SessionRow.expires_at > now, SessionRow.created_at <= now, SessionRow.sid > after
        )
        with translate_sql_errors():
            return list(db.session.scalars(query.order_by(SessionRow.sid).limit(limit)))
