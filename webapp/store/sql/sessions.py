"""Sessions in SQL: their owners, clients, limits and ends."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, Select, Subquery, bindparam, select, union_all, update
from sqlalchemy.exc import IntegrityError

from webapp.core.errors import InvalidCredentials
from webapp.core.models import Session, SignIn, User
from webapp.core.ports import MAX_OPEN_SESSIONS, EndResult, OpenResult
from webapp.core.security_events import EventKind

from .devices import remember_device
from .errors import transaction, translate_sql_errors
from .models import SessionRow, UserRow, db
from .raw_query import read_row
from .security_events import add_event, truncate
from .session_ends import UNSYNCHRONISED, end_oldest, lock_epoch
from .sign_ins import still_valid, to_be_mailed, use_code

# Columns of a user for the end of all sessions.
END = ("session_epoch", "sessions_ended_at", "sessions_ended_reason")
USER = (
    *(
        "id",
        "email",
        "name",
        "role",
        "created_at",
        "email_verified_at",
        "awaiting_verification",
        "disabled_at",
        "language",
    ),
    *("session_kept", *END),
)
OPEN = SessionRow.ended_at.is_(None) & (
    SessionRow.epoch.is_(None) | (SessionRow.epoch >= UserRow.session_epoch)
)
FIND = (
    select(
        *(getattr(UserRow, name) for name in USER),
        *(getattr(SessionRow, name) for name in Session.__slots__),
    )
    .select_from(UserRow)
    .outerjoin(SessionRow, SessionRow.sid == bindparam("sid"))
    .where(UserRow.id == bindparam("user_id"))
)


class SqlSessions:
    """Serves `core.ports.SessionRepository`."""

    def find(self, user_id: str, sid: str) -> tuple[User | None, Session | None]:
        row = read_row(FIND, user_id=user_id, sid=sid)
        if row is None:
            return None, None
        user = dict(zip(USER, row, strict=False))
        user["disabled"] = user.pop("disabled_at") is not None
        user["awaiting_verification"] = bool(user["awaiting_verification"])
        epoch = user.pop("session_epoch")
        session = dict(zip(Session.__slots__, row[len(USER) :], strict=True))
        if not session["sid"]:
            return User(**user), None
        session["remembered"] = bool(session["remembered"])
        end = (epoch, user["sessions_ended_at"], user["sessions_ended_reason"])
        return User(**user), with_end(Session(**session), *end)

    def user_of(self, sid: str) -> str | None:
        query = select(SessionRow.user_id).where(SessionRow.sid == sid)
        with translate_sql_errors():
            return db.session.scalar(query)

    def open(
        self, session: Session, sign_in: SignIn, announce: Callable[[str], object]
    ) -> OpenResult:
        with transaction():
            epoch = lock_epoch(session.user_id, *still_valid(sign_in))
            if epoch is None:
                raise InvalidCredentials
            codes_left = use_code(session.user_id, sign_in, session.created_at)
            is_known = sign_in.device_id and not remember_device(
                session.user_id,
                sign_in.device_id,
                session.created_at,
                trusted_until=sign_in.trusted_until,
            )
            new_browser = not is_known and to_be_mailed(session)
            session = replace(session, epoch=epoch)
            ended = self._add(
                session, EventKind.SIGNED_IN, announce, sign_in.method, new_browser=new_browser
            )
            return OpenResult(ended, new_browser, codes_left)

    def restore(self, session: Session, announce: Callable[[str], object]) -> list[Session]:
        later = UserRow.sessions_ended_at.is_(None) | (
            UserRow.sessions_ended_at < session.created_at
        )
        kept = UserRow.session_kept == session.sid
        try:
            with transaction():
                epoch = lock_epoch(session.user_id, later | kept)
                if epoch is None:
                    return []
                session = replace(session, epoch=epoch)
                return self._add(session, EventKind.SESSION_RESTORED, announce)
        except IntegrityError:
            return []  # a parallel request was first

    def open_sessions(self, user_id: str, now: int) -> list[Session]:
        epoch = select(UserRow.session_epoch).where(UserRow.id == user_id).scalar_subquery()
        # One query each: no index gives the newest of both together.
        either = (SessionRow.epoch == epoch, SessionRow.epoch.is_(None))
        sids = union_all(*(select(_newest(user_id, now, each)) for each in either))
        query = with_user(SessionRow).where(SessionRow.sid.in_(sids))
        query = query.order_by(SessionRow.created_at.desc()).limit(MAX_OPEN_SESSIONS)
        with translate_sql_errors():
            return [to_session(*row) for row in db.session.execute(query)]

    def record_reauthentication(self, sid: str, now: int) -> None:
        change = update(SessionRow).where(SessionRow.sid == sid).values(reauthenticated_at=now)
        with transaction():
            db.session.execute(change)

    def close(self, sid: str, reason: str, now: int) -> EndResult:
        owner = select(UserRow.id).where(UserRow.id == SessionRow.user_id, OPEN)
        ending = (
            update(SessionRow)
            .where(SessionRow.sid == sid, SessionRow.ended_at.is_(None), owner.exists())
            .values(ended_at=now, ended_reason=reason)
            .returning(SessionRow.user_id)
        )
        query = with_user(SessionRow).where(SessionRow.sid == sid)
        fresh = {"populate_existing": True}
        with transaction():
            user_id = db.session.scalar(ending, execution_options=UNSYNCHRONISED)
            if user_id:
                add_event(EventKind.SESSION_ENDED, user_id, now, detail=reason, sid=sid)
            row = db.session.execute(query, execution_options=fresh).first()
        return EndResult(to_session(*row) if row else None, new=user_id is not None)

    def _add(
        self,
        session: Session,
        event: EventKind,
        announce: Callable[[str], object],
        detail: str = "",
        *,
        new_browser: bool = False,
    ) -> list[Session]:
        row = SessionRow(**{name: getattr(session, name) for name in Session.__slots__})
        row.new_browser = new_browser
        row.user_agent, row.ip = truncate(session.user_agent, 400), truncate(session.ip, 45)
        db.session.add(row)
        add_event(event, session.user_id, session.created_at, detail=detail, sid=session.sid)
        ended = end_oldest(session, session.created_at)
        for oldest in ended:
            announce(oldest.sid)
        return ended


def _newest(user_id: str, now: int, condition: ColumnElement[bool]) -> Subquery:
    is_open = (SessionRow.user_id == user_id, SessionRow.ended_at.is_(None), condition)
    open_ones = select(SessionRow.sid).where(*is_open, SessionRow.expires_at > now)
    return open_ones.order_by(SessionRow.created_at.desc()).limit(MAX_OPEN_SESSIONS).subquery()


def with_user(*columns: Any) -> Select[Any]:
    """Select sessions, with the columns of their users that `to_session` needs at the end."""
    end = (getattr(UserRow, name) for name in END)
    return select(*columns, *end).join(UserRow, UserRow.id == SessionRow.user_id)


def to_session(row: SessionRow, epoch: int, ended_at: int, reason: str) -> Session:
    return with_end(row.to_session(), epoch, ended_at, reason)


def with_end(session: Session, epoch: int, ended_at: int, reason: str) -> Session:
    """The session; ended if all sessions of its user have, even before its row is written."""
    if session.ended_reason or session.epoch is None or session.epoch >= epoch:
        return session
    return replace(session, ended_at=ended_at, ended_reason=reason)
