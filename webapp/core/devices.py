"""The sessions of one user: list them and end them (OWASP ASVS 5.0 V7.4)."""

from dataclasses import dataclass

from .end_reasons import EndReason
from .errors import NotFound
from .models import Session
from .ports import GenerationStore, InvalidationFeed, SessionRepository
from .session_ends import SessionEndStore
from .session_notes import SessionNotes
from .sessions import Sessions


@dataclass(frozen=True)
class Device:
    """A session and the time of its last refresh, in Unix seconds."""

    session: Session
    last_seen: int


@dataclass(frozen=True)
class Devices:
    sessions: Sessions
    generations: GenerationStore
    session_repository: SessionRepository
    ends: SessionEndStore
    feed: InvalidationFeed
    notes: SessionNotes

    def of(self, user_id: str, now: float) -> list[Device]:
        """A user's sessions that are open and not idle for too long, newest use first."""
        sessions = self.session_repository.open_sessions(user_id, int(now))
        seen = self.generations.last_seen([session.sid for session in sessions])
        devices = [Device(s, seen.get(s.sid, s.created_at)) for s in sessions]
        alive = [d for d in devices if d.last_seen + d.session.idle_ttl > now]
        return sorted(alive, key=lambda device: device.last_seen, reverse=True)

    def client_of(self, user_id: str, sid: str) -> str:
        """The client of a user's own session. Raises NotFound."""
        _, session = self.session_repository.find(user_id, sid)
        if session is None or session.user_id != user_id:
            raise NotFound
        return session.client_id

    def end_one(
        self, user_id: str, sid: str, now: float, reason: str = EndReason.ENDED_ELSEWHERE
    ) -> None:
        """End one of a user's own sessions. Raises NotFound."""
        _, session = self.session_repository.find(user_id, sid)
        if session is None or session.user_id != user_id or session.ended_reason:
            raise NotFound
        self.sessions.end(sid, reason, now)

    def end_all(self, user_id: str, reason: str, now: float, *, but: str | None = None) -> int:
        """End all sessions but one; the number of them, at most MAX_OPEN_SESSIONS."""
        self.feed.publish(user_id)
        ended = self.ends.end_all(user_id, reason, int(now), but=but)
        self.sessions.write_tombstones(ended, now)
        return len(ended)
