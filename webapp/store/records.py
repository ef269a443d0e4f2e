"""Sessions in SQL: who opened them where, their limits, and how they ended."""

from sqlalchemy import bindparam, select, update
from sqlalchemy.exc import IntegrityError

from webapp.core.errors import InvalidCredentials
from webapp.core.events import EventKind
from webapp.core.stores import Closed, Session, User

from .database import answering, committing, read_row
from .devices import note_device
from .events import fit, note
from .models import SessionRow, UserRow, db

USER = ("id", "email", "name", "role", "created_at", "confirmed_at", "pending", "disabled_at")
FIND = (
    select(
        *(getattr(UserRow, name) for name in USER),
        *(getattr(SessionRow, name) for name in Session.__slots__),
    )
    .select_from(UserRow)
    .outerjoin(SessionRow, SessionRow.sid == bindparam("sid"))
    .where(UserRow.id == bindparam("user_id"))
)


class SqlRecords:
    """Serves `core.stores.Records`."""

    def find(self, user_id: str, sid: str) -> tuple[User | None, Session | None]:
        found = read_row(FIND, user_id=user_id, sid=sid)
        if found is None:
            return None, None
        user = dict(zip(USER, found, strict=False))
        user["disabled"] = user.pop("disabled_at") is not None
        user["pending"] = bool(user["pending"])
        session = dict(zip(Session.__slots__, found[len(USER) :], strict=True))
        session["remembered"] = bool(session["remembered"])
        return User(**user), Session(**session) if session["sid"] else None

    def user_of(self, sid: str) -> str | None:
        looking = select(SessionRow.user_id).where(SessionRow.sid == sid)
        with answering():
            return db.session.scalar(looking)

    def open(self, session: Session, proof: str, device_id: str) -> None:
        with committing():
            if proof and not _still_is(session.user_id, proof):
                raise InvalidCredentials
            self._add(session, EventKind.SIGNED_IN)
            if device_id:
                note_device(session.user_id, device_id, session.created_at)

    def restore(self, session: Session) -> None:
        try:
            with committing():
                self._add(session, EventKind.SESSION_RESTORED)
        except IntegrityError:
            return  # a parallel request was first

    def open_sessions(self, user_id: str, now: int) -> list[Session]:
        with answering():
            return open_sessions(user_id, now)

    def prove(self, sid: str, now: int) -> None:
        proving = update(SessionRow).where(SessionRow.sid == sid).values(proved_at=now)
        with committing():
            db.session.execute(proving)

    def close(self, sid: str, reason: str, now: int) -> Closed:
        ending = (
            update(SessionRow)
            .where(SessionRow.sid == sid, SessionRow.ended_at.is_(None))
            .values(ended_at=now, ended_reason=reason)
            .returning(SessionRow.user_id)
        )
        with committing():
            user_id = db.session.scalar(ending)
            if user_id:
                note(EventKind.SESSION_ENDED, user_id, now, detail=reason, sid=sid)
            row = db.session.get(SessionRow, sid, populate_existing=True)
        return Closed(row.to_session() if row else None, new=user_id is not None)

    def _add(self, session: Session, event: EventKind) -> None:
        row = SessionRow(**{name: getattr(session, name) for name in Session.__slots__})
        row.user_agent, row.ip = fit(session.user_agent, 400), fit(session.ip, 45)
        db.session.add(row)
        note(event, session.user_id, session.created_at, sid=session.sid)


def _still_is(user_id: str, proof: str) -> bool:
    """Whether that is the user's password still; a write, so that it stays so until the commit."""
    same = (UserRow.id == user_id) & (UserRow.password_hash == proof)
    locking = update(UserRow).where(same, UserRow.disabled_at.is_(None))
    locking = locking.values(password_hash=proof).returning(UserRow.id)
    options = {"synchronize_session": False}
    return db.session.scalar(locking, execution_options=options) is not None


def open_sessions(user_id: str, now: int) -> list[Session]:
    still_open = select(SessionRow).where(
        SessionRow.user_id == user_id, SessionRow.ended_at.is_(None), SessionRow.expires_at > now
    )
    newest_first = still_open.order_by(SessionRow.created_at.desc())
    return [row.to_session() for row in db.session.scalars(newest_first)]


def lock_sessions(user_id: str) -> None:
    """Until the commit, and before the user's whole row: `close` holds these in the same order."""
    mine = select(SessionRow.sid).where(SessionRow.user_id == user_id).order_by(SessionRow.sid)
    db.session.execute(mine.with_for_update())


def close_all(user_id: str, reason: str, now: int, *, but: str | None = None) -> list[Session]:
    """End a user's open sessions in the transaction of what ends them; which those were."""
    open_ones = update(SessionRow).where(
        SessionRow.user_id == user_id, SessionRow.ended_at.is_(None), SessionRow.sid != (but or "")
    )
    ending = open_ones.values(ended_at=now, ended_reason=reason).returning(SessionRow)
    options = {"synchronize_session": False, "populate_existing": True}
    ended = [row.to_session() for row in db.session.scalars(ending, execution_options=options)]
    for session in ended:
        note(EventKind.SESSION_ENDED, user_id, now, detail=reason, sid=session.sid)
    return ended
