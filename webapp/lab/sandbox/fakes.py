"""What else a sandbox is made of: its SQL, its feed, and a letter box without a bottom."""

import threading
from collections.abc import Callable
from dataclasses import replace

from webapp.core.models import Session, User
from webapp.core.notifications import Notification
from webapp.core.ports import EndResult

from .fault_injection import FaultyEntries
from .recorder import StepRecorder


class FakeSessionRepository:
    """Serves `core.stores.Records`: one user and their sessions, in memory.

    `remembers`: as ours, it knows the sessions. Without, it knows the user alone, as in apps
    that keep their refresh tokens in one place.
    """

    def __init__(self, user: User, recorder: StepRecorder, *, remembers: bool) -> None:
        self._user = user
        self._recorder = recorder
        self._remembers = remembers
        self._sessions: dict[str, Session] = {}
        self._told: set[str] = set()  # whose owner was told of an end that is kept nowhere
        self._lock = threading.Lock()

    def find(self, user_id: str, sid: str) -> tuple[User | None, Session | None]:
        session = self._sessions.get(sid)
        if not self._remembers:
            self._recorder.step("app", "sql", "who is this?")
            self._recorder.step("sql", "app", self._user.name, "good")
            return self._user, session
        self._recorder.step("app", "sql", "who, and is the session open?", details={"session": sid})
        ended = session.ended_reason if session else "unknown"
        found = {"user": self._user.email, "session": f"ended: {ended}" if ended else "open"}
        self._recorder.step(
            "sql", "app", found["session"], "refused" if ended else "good", details=found
        )
        return self._user, session

    def user_of(self, sid: str) -> str | None:
        return self._user.id if sid in self._sessions else None

    def open(
        self, session: Session, proof: str, device_id: str, announce: Callable[[str], object]
    ) -> list[Session]:
        self._sessions[session.sid] = session
        if self._remembers:
            self._recorder.step("app", "sql", "open the session", details={"session": session.sid})
            self._recorder.step("sql", "app", "written", "good")
        return []

    def restore(self, session: Session, announce: Callable[[str], object]) -> list[Session]:
        self._sessions.setdefault(session.sid, session)
        return []

    def open_sessions(self, user_id: str, now: int) -> list[Session]:
        return [each for each in self._sessions.values() if not each.ended_reason]

    def record_reauthentication(self, sid: str, now: int) -> None:
        self._sessions[sid] = replace(self._sessions[sid], reauthenticated_at=now)

    def close(self, sid: str, reason: str, now: int) -> EndResult:
        if not self._remembers:
            found = self._sessions.get(sid)
            told, self._told = sid in self._told, self._told | {sid}
            return EndResult(found and replace(found, ended_at=now, ended_reason=reason), not told)
        self._recorder.step("app", "sql", f"end it: {reason}", details={"session": sid})
        with self._lock:
            session = self._sessions.get(sid)
            new = session is not None and not session.ended_reason
            if session and new:
                session = replace(session, ended_at=now, ended_reason=reason)
                self._sessions[sid] = session
        self._recorder.step("sql", "app", "written" if new else "it has ended already", "good")
        return EndResult(session, new)

    def row(self, sid: str) -> dict[str, str]:
        """As SQL would show it; empty if it keeps none."""
        session = self._sessions.get(sid)
        if not session or not self._remembers:
            return {}
        values = {name: getattr(session, name) for name in Session.__slots__}
        return {name: "" if value is None else str(value) for name, value in values.items()}


class FakeFeed:
    """Serves `core.stores.Feed` for the one worker that a sandbox has."""

    unsent = 0

    def __init__(self, entries: FaultyEntries, recorder: StepRecorder) -> None:
        self._entries = entries
        self._recorder = recorder
        self._invalidated: set[str] = set()

    @property
    def epoch(self) -> int:
        """While Redis is silent nobody is believed unasked."""
        return -1 if self._entries.down else 0

    def is_invalidated(self, sid: str, user_id: str) -> bool:
        return sid in self._invalidated or user_id in self._invalidated

    def publish(self, name: str) -> bool:
        self._invalidated.add(name)
        self._recorder.step("app", "redis", "tell all workers: ask about it")
        return not self._entries.down


class FakeMailer:
    """Serves `core.notices.Post`: says which letter the owner would get, and sends none."""

    def __init__(self, recorder: StepRecorder) -> None:
        self._recorder = recorder

    def send(self, notice: Notification, to: str, **facts: str) -> None:
        self._recorder.note("app", f"mails the owner: {notice.replace('_', ' ')}")
