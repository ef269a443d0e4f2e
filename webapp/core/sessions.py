"""The life of a session: start, rotate … rotate, end.

Two stores serve the protocols in `stores.py`. `Entries` (Redis) decides each redeem atomically.
`Records` (SQL) has the user, and which sessions have ended. SQL is read first, so a database that
fails uses up no token. An end is written to SQL first, so it is durable. What one store has lost,
the other restores.

After RFC 9700 section 4.14.2 (refresh token rotation) and OWASP ASVS 5.0 V7.
"""

from collections.abc import Callable
from contextlib import suppress

from .claims import AccessClaims, RefreshClaims
from .end_reasons import EndReason
from .errors import RefreshInvalid, SessionEnded, Unavailable
from .models import Session, User
from .ports import MOST_OPEN, Outcome
from .session_status import SessionStatus, belongs_to, time_to_live
from .token_issuer import BROWSER_CLIENT, Grant, Issuer, Limits, Origin
from .tokens import Tokens

# Seconds since the password was entered. A stranger at an open browser can read for longer, but
# not take over the account.
PROOF_LASTS = 15 * 60
# Reads an entry and confirms none of its generations.
NO_GENERATION = -1


class Sessions:
    def __init__(
        self,
        tokens: Tokens,
        status: SessionStatus,
        limits: Limits,
        finish_ends: Callable[[], None] = lambda: None,
    ) -> None:
        """`finish_ends`: start to write the remaining rows, if very many sessions end at once."""
        self._tokens = tokens
        self._status = status
        self._entries = status.entries
        self._records = status.records
        self._feed = status.feed
        self._finish_ends = finish_ends
        self._grace = limits.grace
        self._issuer = Issuer(tokens, limits)

    def start(self, user: User, origin: Origin, *, remember: bool, now: float) -> Grant:
        """Open a session for a user who has just entered their password.

        The entry in Redis is written first: if SQL then fails, only a key is left that expires, and
        no unused device in the list. The oldest sessions end if there would be more than MOST_OPEN.
        Raises InvalidCredentials (the password was changed in between), Unavailable.
        """
        session = self._issuer.new_session(user, origin, remember=remember, now=now)
        self._entries.start(
            session.sid,
            now=int(now),
            browser=origin.device_tag(session.sid),
            ttl=time_to_live(session, now),
        )
        made_room = self._records.open(session, user.proof, origin.device_id, self._feed.announce)
        self.bury_all(made_room, now)
        return self._issuer.grant(user, session, "started", 0, int(now), now, origin.scope)

    def redeem(
        self, refresh_token: str, origin: Origin, now: float, *, sid: str | None = None
    ) -> Grant:
        """Exchange a refresh token for its successor, or for the same successor again.

        `sid`, if given, is the only session whose token may be redeemed.

        Raises TokenInvalid, TokenExpired, RefreshInvalid (another client's token),
        SessionEnded, RefreshReused (theft: the session is over for both) and
        Unavailable (the token is as good as before).
        """
        claims = self._tokens.read_refresh(refresh_token, now)
        if claims.client_id != origin.client_id or sid not in (None, claims.sid):
            raise RefreshInvalid
        user, session = self._status.find_open(claims, now)
        session = session or self._restore(claims, origin, now)
        answer = self._entries.redeem(
            claims.sid,
            claims.gen,
            now=int(now),
            grace=self._grace,
            browser=origin.device_tag(claims.sid),
            ttl=time_to_live(session, now),
        )
        if answer.outcome is Outcome.REUSED:
            self._feed.announce(claims.sid)
        self._status.require_open(answer, user, session, now)
        made = (answer.outcome, answer.gen, answer.rotated_at)
        return self._issuer.grant(user, session, *made, now, origin.scope)

    def revoke(self, token: str, client_id: str, now: float) -> None:
        """End the session of a client's own token. Any other text does nothing (RFC 7009 2.2).

        An expired token does nothing either: it may come from an old log. Raises Unavailable.
        """
        if claims := self.recognise(token, client_id, now):
            self.end(claims.sid, EndReason.LOGOUT, now)

    def recognise(
        self, token: str, client_id: str, now: float
    ) -> RefreshClaims | AccessClaims | None:
        """The claims of a client's own authentic token of either kind; None if it has expired.

        None also if its user is deleted, or the session is another user's. Raises Unavailable.
        """
        claims = self._tokens.authentic_claims(token, now)
        if claims is None or claims.client_id != client_id or claims.exp <= now:
            return None
        user, session = self._records.find(claims.sub, claims.sid)
        return claims if user and belongs_to(user, session) else None

    def require_alive(self, refresh_token: str, now: float) -> None:
        """Raise if a browser's session has ended. Redeems nothing, so the idle limit does not move.

        Raises TokenInvalid, TokenExpired, RefreshInvalid, SessionEnded, Unavailable.
        """
        claims = self._tokens.read_refresh(refresh_token, now)
        if claims.client_id != BROWSER_CLIENT:
            raise RefreshInvalid
        user, session = self._status.find_open(claims, now)
        self._status.require_open(self._status.ask_entries(claims, session), user, session, now)

    def has_proof(self, access: AccessClaims, now: float) -> bool:
        """Whether the password was entered in this session within PROOF_LASTS (ASVS 5.0 7.5.1)."""
        session = self.look_up(access)
        return bool(session and session.proved_at and now - session.proved_at <= PROOF_LASTS)

    def prove(self, sid: str, now: float) -> None:
        """Record that the password was entered again. Raises Unavailable."""
        self._records.prove(sid, int(now))

    def owner_of(self, sid: str) -> tuple[str | None, str | None]:
        """The user's id and the end reason of a browser's session; no reason: open, or expired.

        No user: the account is deleted or disabled, or the session is unknown or a program's.
        Raises Unavailable.
        """
        user, session = self._records.find(self._records.user_of(sid) or "", sid)
        if not user or user.disabled or not session or session.client_id != BROWSER_CLIENT:
            return None, EndReason.FORGOTTEN
        reason = session.ended_reason or self._entries.confirm(sid, NO_GENERATION).reason
        return user.id, reason or None

    def look_up(self, claims: AccessClaims) -> Session | None:
        """The row of a verified token's session; None if SQL has lost it. Raises Unavailable."""
        return self._records.find(claims.sub, claims.sid)[1]

    def has_ended(self, session: Session, *, ask: bool) -> bool:
        """Whether a session that was just open has ended since, alone or with all of its user.

        Without `ask`, SQL is only asked if an end was announced. If SQL is down: False.
        """
        if not ask and not self._feed.doubts(session.sid, session.user_id):
            return False
        with suppress(Unavailable):
            user, found = self._records.find(session.user_id, session.sid)
            return user is None or user.disabled or bool(found and found.ended_reason)
        return False

    def end(self, sid: str, reason: str, now: float) -> None:
        """End a session for good; the first reason stays. Raises Unavailable.

        Announced to the workers first, so that each of them asks the stores from the moment of the
        end. Once SQL has the end it counts, whether or not Redis answers.
        """
        published = self._feed.announce(sid)
        session = self._records.close(sid, reason, int(now)).session
        if session and published:
            self.bury([session], now)

    def bury_all(self, ended: list[Session], now: float, *, more: bool = False) -> None:
        """As `bury`, for all sessions that one change ended. A full batch starts the next one."""
        self.bury(ended, now)
        if more or len(ended) >= MOST_OPEN:
            self._finish_ends()

    def bury(self, ended: list[Session], now: float) -> None:
        """As `SessionStatus.bury`: tombstones in Redis of sessions that SQL has ended."""
        self._status.bury(ended, now)

    def _restore(self, claims: RefreshClaims, origin: Origin, now: float) -> Session:
        """Insert the row of a session again that SQL has lost and Redis still has."""
        if self._entries.confirm(claims.sid, claims.gen).outcome is Outcome.MISSING:
            raise SessionEnded(EndReason.FORGOTTEN)
        session = self._issuer.session_of(claims, origin)
        self.bury_all(self._records.restore(session, self._feed.announce), now)
        return self._status.find_open(claims, now)[1] or session  # all may have ended in between
