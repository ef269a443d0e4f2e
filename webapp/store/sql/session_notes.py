"""Names of sessions in SQL, and whether their browser was new."""

from collections.abc import Collection

from sqlalchemy import or_, select, update

from webapp.core.session_notes import SessionNote

from .errors import transaction, translate_sql_errors
from .models import SessionRow, db
from .session_ends import UNSYNCHRONISED


class SqlSessionNotes:
    """Serves `core.session_notes.SessionNoteStore`."""

    def of(self, sids: Collection[str]) -> dict[str, SessionNote]:
        has_one = or_(SessionRow.name != "", SessionRow.new_browser)
        query = select(SessionRow.sid, SessionRow.name, SessionRow.new_browser)
        query = query.where(SessionRow.sid.in_(sids), has_one)
        with translate_sql_errors():
            return {sid: SessionNote(name, new) for sid, name, new in db.session.execute(query)}

    def rename(self, user_id: str, sid: str, name: str) -> bool:
        own = (SessionRow.sid == sid, SessionRow.user_id == user_id, SessionRow.ended_at.is_(None))
        change = update(SessionRow).where(*own).values(name=name).returning(SessionRow.sid)
        with transaction():
            return bool(db.session.scalar(change, execution_options=UNSYNCHRONISED))
