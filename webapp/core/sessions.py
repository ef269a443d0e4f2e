"""The life of a session: start, rotate … rotate, end.

Two stores are asked through the protocols in `stores.py`. `Entries` (Redis)
decides each redeem atomically; `Records` (SQL) knows who the user is and which
sessions have ended. Records are read first, so a database that fails burns no
token; an end is written to them first, so it is durable. What one store has
lost, the other puts right.

After RFC 9700 section 4.14.2 (refresh token rotation) and OWASP ASVS 5.0 V7.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

from . import jws
from .claims import AccessClaims, RefreshClaims
from .end_reasons import EndReason
from .errors import (
    ClocksDiffer,
    RefreshInvalid,
    RefreshReused,
    SessionEnded,
    TokenExpired,
    TokenInvalid,
    Unavailable,
)
from .grants import BROWSER_CLIENT, Grant, Issuer, Limits, Origin
from .memory import Believed, Memory
from .models import Session, User
from .notices import Notices
from .stores import MOST_OPEN, Answer, Entries, Feed, Outcome, Records
from .tokens import Tokens

# Seconds. A browser left open on a desk can be looked at for longer, but not be taken over.
PROOF_LASTS = 15 * 60
# To look at an entry and confirm none of its generations.
NO_GENERATION = -1


class Sessions:
    def __init__(
        self,
        tokens: Tokens,
        entries: Entries,
        records: Records,
        limits: Limits,
        notices: Notices,
        feed: Feed,
        memory: Memory,
        finish_ends: Callable[[], None] = lambda: None,
    ) -> None:
        """`finish_ends`: begin to write down what is left of the end of very many sessions."""
        self._tokens = tokens
        self._entries = entries
        self._records = records
        self._notices = notices
        self._feed = feed
        self._memory = memory
        self._finish_ends = finish_ends
        self._grace = limits.grace
        self._issuer = Issuer(tokens, limits)

    def start(self, user: User, origin: Origin, *, remember: bool, now: float) -> Grant:
        """Open a session for a user who has just proved who they are.

        The entry comes first: if the record then fails, what is left is a key that
        expires, and not a device in the list that nobody ever used. The oldest sessions end if
        there would be more than MOST_OPEN.
        Raises InvalidCredentials (the password was changed in between), Unavailable.
        """
        session = self._issuer.new_session(user, origin, remember=remember, now=now)
        self._entries.start(
            session.sid,
            now=int(now),
            browser=origin.device_tag(session.sid),
            ttl=_ttl(session, now),
        )
        made_room = self._records.open(session, user.proof, origin.device_id, self._feed.announce)
        self.bury_all(made_room, now)
        return self._issuer.grant(user, session, "started", 0, int(now), now, origin.scope)

    def redeem(
        self, refresh_token: str, origin: Origin, now: float, *, sid: str | None = None
    ) -> Grant:
        """Exchange a refresh token for its successor, or for the same successor again.

        `sid`, if given, is the only session whose token is welcome.

        Raises TokenInvalid, TokenExpired, RefreshInvalid (another client's token),
        SessionEnded, RefreshReused (theft: the session is over for both) and
        Unavailable (the token is as good as before).
        """
        claims = self._tokens.read_refresh(refresh_token, now)
        if claims.client_id != origin.client_id or sid not in (None, claims.sid):
            raise RefreshInvalid
        user, session = self._find_open(claims, now)
        session = session or self._restore(claims, origin, now)
        answer = self._entries.redeem(
            claims.sid,
            claims.gen,
            now=int(now),
            grace=self._grace,
            browser=origin.device_tag(claims.sid),
            ttl=_ttl(session, now),
        )
        if answer.outcome is Outcome.REUSED:
            self._feed.announce(claims.sid)
        self._require_open(answer, user, session, now)
        made = (answer.outcome, answer.gen, answer.rotated_at)
        return self._issuer.grant(user, session, *made, now, origin.scope)

    def confirm(self, access_token: str, now: float) -> tuple[User, AccessClaims]:
        """Believe an access token: one that was believed before, unless there is news of it.

        Raises TokenInvalid, TokenExpired, SessionEnded, Unavailable.
        """
        epoch = self._feed.epoch
        known = self._memory.recall(access_token, epoch)
        if known and self._still_good(known, now):
            return known.user, known.claims
        user, claims, answer = self._check(access_token, now)
        if answer.outcome is Outcome.ALIVE:
            believed = Believed(user, claims, jws.kid_of(access_token))
            self._memory.remember(access_token, believed, epoch)
        return user, claims

    def _still_good(self, known: Believed, now: float) -> bool:
        claims = known.claims
        return (
            claims.exp > now
            and self._tokens.access_keys.find(known.kid) is not None
            and not self._feed.doubts(claims.sid, claims.sub)
        )

    def _check(self, access_token: str, now: float) -> tuple[User, AccessClaims, Answer]:
        """Note that the token's generation has arrived, unless its session is over.

        Both stores are asked: either may be down, or rolled back to before the
        session's end. One that says it has ended is enough to refuse, one that
        answers is enough to go on.
        """
        claims = self._tokens.read_access(access_token, now)
        try:
            user, session = self._find_open(claims, now)
        except Unavailable:
            return self._confirm_without_records(claims), claims, Answer(Outcome.MISSING)
        answer = self._ask_entries(claims, session)
        if answer.outcome is Outcome.MISSING and session is None:
            raise SessionEnded(EndReason.FORGOTTEN)
        self._require_open(answer, user, session, now)
        return user, claims, answer

    def revoke(self, token: str, client_id: str, now: float) -> None:
        """Close the session of a client's own token; any other text closes none, and is no error.

        Nor does an expired one: it may have been found in an old log.

        RFC 7009 section 2.2: the client can't do anything about it. Raises Unavailable.
        """
        if claims := self.recognise(token, client_id, now):
            self.end(claims.sid, EndReason.LOGOUT, now)

    def inspect(self, token: str, now: float) -> AccessClaims | RefreshClaims | None:
        """What a token says, if it is good now (RFC 7662 section 2.2). Raises Unavailable.

        Role and address as they are today, not as they were when it was signed.
        """
        try:
            user, claims = self.confirm(token, now)
            return replace(claims, role=user.role, email=user.email)
        except TokenInvalid:
            return self._inspect_refresh(token, now)
        except (TokenExpired, SessionEnded):
            return None

    def _inspect_refresh(self, token: str, now: float) -> RefreshClaims | None:
        try:
            claims = self._tokens.read_refresh(token, now)
            session = self._find_open(claims, now)[1]
        except (TokenInvalid, TokenExpired, SessionEnded):
            return None
        answer = self._ask_entries(claims, session)
        if answer.outcome is Outcome.MISSING:
            return claims if session else None
        alive = answer.outcome is Outcome.ALIVE and answer.gen <= claims.gen
        return claims if alive else None

    def recognise(
        self, token: str, client_id: str, now: float
    ) -> RefreshClaims | AccessClaims | None:
        """Claims of a client's own authentic token of either kind, unless it has expired.

        None also if its user is gone, or the session is another user's. Raises Unavailable.
        """
        claims = self.authentic_claims(token, now)
        if claims is None or claims.client_id != client_id or claims.exp <= now:
            return None
        user, session = self._records.find(claims.sub, claims.sid)
        return claims if user and _belongs_to(user, session) else None

    def authentic_claims(self, token: str, now: float) -> RefreshClaims | AccessClaims | None:
        """Claims of a token that our keys have signed; no store is asked about it."""
        for read in (self._tokens.read_refresh, self._tokens.read_access):
            try:
                return read(token, now)
            except (TokenExpired, ClocksDiffer) as untimely:
                return untimely.claims
            except TokenInvalid:
                continue
        return None

    def require_alive(self, refresh_token: str, now: float) -> None:
        """Raise if a browser's session is over. Changes nothing, so it grows no older by asking.

        Raises TokenInvalid, TokenExpired, RefreshInvalid, SessionEnded, Unavailable.
        """
        claims = self._tokens.read_refresh(refresh_token, now)
        if claims.client_id != BROWSER_CLIENT:
            raise RefreshInvalid
        user, session = self._find_open(claims, now)
        self._require_open(self._ask_entries(claims, session), user, session, now)

    def has_proof(self, access: AccessClaims, now: float) -> bool:
        """Whether the password was given in this session a short while ago (ASVS 5.0 7.5.1)."""
        session = self.look_up(access)
        return bool(session and session.proved_at and now - session.proved_at <= PROOF_LASTS)

    def prove(self, sid: str, now: float) -> None:
        """Note that the password has just been given again. Raises Unavailable."""
        self._records.prove(sid, int(now))

    def owner_of(self, sid: str) -> tuple[str | None, str | None]:
        """A browser session's user, and why it has ended; None if it is open or has expired.

        No user: the account is gone or disabled, or the session is unknown or a program's.
        Raises Unavailable.
        """
        user, session = self._records.find(self._records.user_of(sid) or "", sid)
        if not user or user.disabled or not session or session.client_id != BROWSER_CLIENT:
            return None, EndReason.FORGOTTEN
        reason = session.ended_reason or self._entries.confirm(sid, NO_GENERATION).reason
        return user.id, reason or None

    def look_up(self, claims: AccessClaims) -> Session | None:
        """What SQL knows of the session of a token that has been believed."""
        return self._records.find(claims.sub, claims.sid)[1]

    def has_ended(self, session: Session, *, ask: bool) -> bool:
        """Whether a session that was just open has ended since, also by its user's end.

        Without `ask`, SQL is only asked if an end may have been announced. If it does not answer,
        nothing has ended as far as we know.
        """
        if not ask and not self._feed.doubts(session.sid, session.user_id):
            return False
        with suppress(Unavailable):
            user, found = self._records.find(session.user_id, session.sid)
            return user is None or user.disabled or bool(found and found.ended_reason)
        return False

    def end(self, sid: str, reason: str, now: float) -> None:
        """Close a session for good; the first reason stays. Raises Unavailable.

        The workers are told first, so that from the moment it is over each of them asks.
        Once SQL has it, it has ended, whether or not Redis can be told.
        """
        told = self._feed.announce(sid)
        session = self._records.close(sid, reason, int(now)).session
        if session and told:
            self.bury([session], now)

    def bury_all(self, ended: list[Session], now: float, *, more: bool = False) -> None:
        """As `bury`, of what one change has ended; if that was a full batch, there may be more."""
        self.bury(ended, now)
        if more or len(ended) >= MOST_OPEN:
            self._finish_ends()

    def bury(self, ended: list[Session], now: float) -> None:
        """Write tombstones of sessions that SQL has ended; if Redis is down, SQL is enough."""
        with suppress(Unavailable):
            for session in ended:
                reason = session.ended_reason or EndReason.FORGOTTEN
                self._entries.bury(session.sid, reason, ttl=_ttl(session, now))

    def _find_open(
        self, claims: RefreshClaims | AccessClaims, now: float
    ) -> tuple[User, Session | None]:
        """The user, and the session unless a restored backup does not know it."""
        user, session = self._records.find(claims.sub, claims.sid)
        if user is None:
            raise SessionEnded(EndReason.DELETED)
        if not _belongs_to(user, session):
            raise TokenInvalid
        if session is None and (reason := user.ended_before(claims.sid, claims.iat)):
            raise SessionEnded(reason)
        if session and session.ended_reason:
            self.bury([session], now)  # Redis may have forgotten
            raise SessionEnded(session.ended_reason)
        if user.disabled:
            raise SessionEnded(EndReason.DISABLED)
        return user, session

    def _restore(self, claims: RefreshClaims, origin: Origin, now: float) -> Session:
        """Write the record of a session again that SQL lost and Redis still has."""
        if self._entries.confirm(claims.sid, claims.gen).outcome is Outcome.MISSING:
            raise SessionEnded(EndReason.FORGOTTEN)
        session = self._issuer.session_of(claims, origin)
        self.bury_all(self._records.restore(session, self._feed.announce), now)
        return self._find_open(claims, now)[1] or session  # all may have ended in between

    def _ask_entries(self, claims: AccessClaims | RefreshClaims, session: Session | None) -> Answer:
        try:
            return self._entries.confirm(claims.sid, claims.gen)
        except Unavailable:
            if session is None:
                raise
            return Answer(Outcome.MISSING)  # SQL has just said that it is open

    def _confirm_without_records(self, claims: AccessClaims) -> User:
        """SQL is down: Redis alone has to know the session."""
        answer = self._entries.confirm(claims.sid, claims.gen)
        if answer.outcome is Outcome.ENDED:
            raise SessionEnded(answer.reason)
        if answer.outcome is Outcome.MISSING:
            raise Unavailable
        return User(claims.sub, claims.email, "", claims.role)

    def _require_open(
        self, answer: Answer, user: User, session: Session | None, now: float
    ) -> None:
        """Refuse what Redis says has ended, and let SQL know: it may not have heard.

        A theft's owner is told by whoever is first to write it down: the one that noticed it may
        have been cut off.
        """
        if answer.outcome not in (Outcome.ENDED, Outcome.REUSED):
            return
        if session and not self._feed.doubts(session.sid, session.user_id):
            self._feed.announce(session.sid)  # whoever ended it may not have come to it
        if session:
            closed = self._records.close(session.sid, answer.reason, int(now))
            if closed.new and answer.reason == EndReason.REUSE:
                self._notices.sign_in_stolen(user)
        if answer.outcome is Outcome.REUSED:
            raise RefreshReused(answer.reason)
        raise SessionEnded(answer.reason)


def _belongs_to(user: User, session: Session | None) -> bool:
    """Our key has signed a wrong pair of names: a fault of ours, or a key in other hands."""
    return session is None or session.user_id == user.id


def _ttl(session: Session, now: float) -> int:
    """What a token of this session issued now would have to live, in seconds."""
    return max(1, min(session.idle_ttl, session.expires_at - int(now)))
