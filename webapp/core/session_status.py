"""Whether a session is open, by both stores: `SessionRepository` (SQL), `GenerationStore` (Redis).

SQL is read first. A session that has ended in one store is refused; the end is then written to the
other store, which may have been down or rolled back when the session ended. If one store is down,
the other one decides.
"""

from contextlib import suppress
from dataclasses import dataclass

from .claims import AccessClaims, RefreshClaims
from .end_reasons import EndReason
from .errors import RefreshReused, SessionEnded, TokenInvalid, Unavailable
from .models import Session, User
from .notifications import Notifications
from .ports import GenerationResult, GenerationStore, InvalidationFeed, Outcome, SessionRepository


@dataclass(frozen=True)
class SessionStatus:
    generations: GenerationStore
    session_repository: SessionRepository
    feed: InvalidationFeed
    notifications: Notifications

    def find_open(
        self, claims: RefreshClaims | AccessClaims, now: float
    ) -> tuple[User, Session | None]:
        """The user and the session, from SQL; session None if a restored backup has lost its row.

        Raises SessionEnded, TokenInvalid (the session is another user's), Unavailable.
        """
        user, session = self.session_repository.find(claims.sub, claims.sid)
        if user is None:
            raise SessionEnded(EndReason.DELETED)
        if not belongs_to(user, session):
            raise TokenInvalid
        if session is None and (reason := user.ended_before(claims.sid, claims.iat)):
            raise SessionEnded(reason)
        if session and session.ended_reason:
            self.write_tombstones([session], now)  # Redis may have lost the tombstone
            raise SessionEnded(session.ended_reason)
        if user.disabled:
            raise SessionEnded(EndReason.DISABLED)
        return user, session

    def confirm(self, claims: AccessClaims, now: float) -> tuple[User, GenerationResult]:
        """Record in Redis that the client has this generation, unless its session has ended.

        The outcome is ALIVE, or MISSING if one of the stores did not answer or has lost the
        session. Raises SessionEnded, TokenInvalid, Unavailable.
        """
        try:
            user, session = self.find_open(claims, now)
        except Unavailable:
            return self._confirm_without_sql(claims), GenerationResult(Outcome.MISSING)
        answer = self.confirm_generation(claims, session)
        if answer.outcome is Outcome.MISSING and session is None:
            raise SessionEnded(EndReason.UNKNOWN)
        self.require_open(answer, user, session, now)
        return user, answer

    def _confirm_without_sql(self, claims: AccessClaims) -> User:
        """The user as the claims name them, if Redis has the session open. For outages of SQL."""
        answer = self.generations.confirm(claims.sid, claims.gen)
        if answer.outcome is Outcome.ENDED:
            raise SessionEnded(answer.reason)
        if answer.outcome is Outcome.MISSING:
            raise Unavailable
        return User(claims.sub, claims.email, "", claims.role)

    def confirm_generation(
        self, claims: AccessClaims | RefreshClaims, session: Session | None
    ) -> GenerationResult:
        """The session's state in Redis. Raises Unavailable if Redis is down and SQL has no row."""
        try:
            return self.generations.confirm(claims.sid, claims.gen)
        except Unavailable:
            if session is None:
                raise
            return GenerationResult(Outcome.MISSING)  # it is open in SQL

    def require_open(
        self, answer: GenerationResult, user: User, session: Session | None, now: float
    ) -> None:
        """Refuse a session that has ended in Redis, and write the end to SQL.

        After a theft, the first worker that writes the end mails the owner: the worker that
        noticed the theft may have stopped before. Raises RefreshReused, SessionEnded, Unavailable.
        """
        if answer.outcome not in (Outcome.ENDED, Outcome.REUSED):
            return
        if session and not self.feed.is_invalidated(session.sid, session.user_id):
            self.feed.publish(session.sid)  # the worker that ended it may have stopped before
        if session:
            closed = self.session_repository.close(session.sid, answer.reason, int(now))
            if closed.new and answer.reason == EndReason.REUSE:
                self.notifications.sign_in_stolen(user)
        if answer.outcome is Outcome.REUSED:
            raise RefreshReused(answer.reason)
        raise SessionEnded(answer.reason)

    def write_tombstones(self, ended: list[Session], now: float) -> None:
        """Write tombstones of sessions that SQL has ended. Does nothing if Redis is down."""
        with suppress(Unavailable):
            for session in ended:
                reason = session.ended_reason or EndReason.UNKNOWN
                self.generations.write_tombstone(
                    session.sid, reason, ttl=time_to_live(session, now)
                )


def belongs_to(user: User, session: Session | None) -> bool:
    """Whether user and session match. If not, there is a bug, or the signing key was stolen."""
    return session is None or session.user_id == user.id


def time_to_live(session: Session, now: float) -> int:
    """The lifetime of a refresh token issued now, in seconds; at least 1."""
    return max(1, min(session.idle_ttl, session.expires_at - int(now)))
