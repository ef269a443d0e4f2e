"""Sessions of everybody, for an operator. The first row of each pair is whose address it is."""

from sqlalchemy import select

from webapp.core.stores import Session

from .database import answering
from .models import SessionRow, UserRow, db

WITH_EMAIL = select(SessionRow, UserRow.email).join(UserRow, UserRow.id == SessionRow.user_id)


class SqlOverview:
    """Every method may raise Unavailable."""

    def session(self, sid: str) -> tuple[Session, str] | None:
        """With its user's address."""
        looking = WITH_EMAIL.where(SessionRow.sid == sid)
        with answering():
            found = db.session.execute(looking.execution_options(populate_existing=True)).first()
        return (found[0].to_session(), found[1]) if found else None

    def sessions(
        self, *, user_id: str | None, open_at: int | None, limit: int
    ) -> list[tuple[Session, str]]:
        """Newest first, with their users' addresses; `open_at` leaves out those that are over."""
        looking = WITH_EMAIL.order_by(SessionRow.created_at.desc(), SessionRow.sid).limit(limit)
        if user_id is not None:
            looking = looking.where(SessionRow.user_id == user_id)
        if open_at is not None:
            looking = looking.where(SessionRow.ended_at.is_(None), SessionRow.expires_at > open_at)
        with answering():
            return [(row.to_session(), email) for row, email in db.session.execute(looking)]

    def open_sids(self, now: int, after: str, limit: int) -> list[str]:
        """In their own order, from the one behind `after`: of those that were there by then."""
        still_open = (SessionRow.ended_at.is_(None), SessionRow.expires_at > now)
        looking = select(SessionRow.sid).where(
            *still_open, SessionRow.created_at <= now, SessionRow.sid > after
        )
        with answering():
            return list(db.session.scalars(looking.order_by(SessionRow.sid).limit(limit)))
