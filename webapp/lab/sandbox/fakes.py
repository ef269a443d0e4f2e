"""Fakes for a sandbox: session repository, invalidation feed and mailer, all in memory."""

import threading
from collections.abc import Callable
from dataclasses import replace

from webapp.core.models import Session, SignIn, User
from webapp.core.notifications import Notification
from webapp.core.ports import EndResult, OpenResult
from webapp.core.text import N_, Message
from webapp.lab.diagram.steps import Result

from .fault_injection import FaultyGenerations
from .recorder import StepRecorder

# The mails of the scenarios.
MAILS = {Notification.SIGN_IN_STOLEN: N_("mails the owner: the sign-in was copied")}


class FakeSessionRepository:
    """Implements `core.ports.SessionRepository` for one user.

    `stores_sessions`: SQL has the sessions, as in this app. Otherwise it has the user alone, as in
    apps that store refresh tokens in one place.
    """

    def __init__(self, user: User, recorder: StepRecorder, *, stores_sessions: bool) -> None:
        self._user = user
        self._recorder = recorder
        self._stores_sessions = stores_sessions
        self._sessions: dict[str, Session] = {}
        self._notified: set[str] = set()  # without stored sessions: one mail for each end
        self._lock = threading.Lock()

    def find(self, user_id: str, sid: str) -> tuple[User | None, Session | None]:
        session = self._sessions.get(sid)
        if not self._stores_sessions:
            self._recorder.step("app", "sql", N_("which user?"))
            self._recorder.step("sql", "app", self._user.name, "good")
            return self._user, session
        self._recorder.step(
            "app", "sql", N_("user, and is the session open?"), details={N_("session"): sid}
        )
        ended = session.ended_reason if session else "unknown"
        words = Message("ended: {reason}", reason=ended) if ended else N_("open")
        details = {N_("user"): self._user.email, N_("session"): words}
        result: Result = "refused" if ended else "good"
        self._recorder.step("sql", "app", words, result, details=details)
        return self._user, session

    def user_of(self, sid: str) -> str | None:
        return self._user.id if sid in self._sessions else None

    def open(
        self, session: Session, sign_in: SignIn, announce: Callable[[str], object]
    ) -> OpenResult:
        self._sessions[session.sid] = session
        if self._stores_sessions:
            self._recorder.step(
                "app", "sql", N_("open a session"), details={N_("session"): session.sid}
            )
            self._recorder.step("sql", "app", N_("written"), "good")
        return OpenResult([])

    def restore(self, session: Session, announce: Callable[[str], object]) -> list[Session]:
        self._sessions.setdefault(session.sid, session)
        return []

    def open_sessions(self, user_id: str, now: int) -> list[Session]:
        return [each for each in self._sessions.values() if not each.ended_reason]

    def record_reauthentication(self, sid: str, now: int) -> None:
        self._sessions[sid] = replace(self._sessions[sid], reauthenticated_at=now)

    def close(self, sid: str, reason: str, now: int) -> EndResult:
        if not self._stores_sessions:
            session = self._sessions.get(sid)
            notified, self._notified = sid in self._notified, self._notified | {sid}
            return EndResult(
                session and replace(session, ended_at=now, ended_reason=reason), not notified
            )
        words = Message("end the session: {reason}", reason=reason)
        self._recorder.step("app", "sql", words, details={N_("session"): sid})
        with self._lock:
            session = self._sessions.get(sid)
            new = session is not None and not session.ended_reason
            if session and new:
                session = replace(session, ended_at=now, ended_reason=reason)
                self._sessions[sid] = session
        self._recorder.step("sql", "app", N_("written") if new else N_("already ended"), "good")
        return EndResult(session, new)

    def row(self, sid: str) -> dict[str, str]:
        """The columns of the session's row as text; empty if sessions are not stored."""
        session = self._sessions.get(sid)
        if not session or not self._stores_sessions:
            return {}
        values = {name: getattr(session, name) for name in Session.__slots__}
        return {name: "" if value is None else str(value) for name, value in values.items()}


class FakeFeed:
    """Implements `core.ports.InvalidationFeed` for the one worker of a sandbox."""

    unsent = 0

    def __init__(self, entries: FaultyGenerations, recorder: StepRecorder) -> None:
        self._entries = entries
        self._recorder = recorder
        self._invalidated: set[str] = set()

    @property
    def epoch(self) -> int:
        """Negative while Redis does not respond, so that no cached token is accepted."""
        return -1 if self._entries.down else 0

    def is_invalidated(self, sid: str, user_id: str) -> bool:
        return sid in self._invalidated or user_id in self._invalidated

    def publish(self, name: str) -> bool:
        self._invalidated.add(name)
        self._recorder.step("app", "redis", N_("notify all workers: check this session"))
        return not self._entries.down


class FakeMailer:
    """Implements `core.notifications.Mailer`: records the notification and sends nothing."""

    def __init__(self, recorder: StepRecorder) -> None:
        self._recorder = recorder

    def send(self, notice: Notification, to: str, **facts: str) -> None:
        self._recorder.note("app", MAILS[notice])
