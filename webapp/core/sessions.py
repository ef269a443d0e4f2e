"""The life cycle of a session: start, rotation, theft, end.

Rotation and theft are `Sessions.redeem`, decided by `store/redis/redeem.lua`.

Two stores serve the protocols in `ports.py`. `GenerationStore` (Redis) decides each redeem
atomically. `SessionRepository` (SQL) has the users, and the sessions with their ends. SQL is read
first, so that an outage of SQL uses up no token. An end is written to SQL first, so that it is
durable. If one store has lost a session, it is restored from the other.

After RFC 9700 section 4.14.2 (refresh token rotation) and OWASP ASVS 5.0 V7.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

from .claims import AccessClaims, RefreshClaims
from .end_reasons import EndReason
from .errors import RefreshInvalid, SessionEnded, Unavailable
from .models import Session, SignIn, User
from .ports import MAX_OPEN_SESSIONS, Outcome
from .session_status import SessionStatus, belongs_to, time_to_live
from .token_issuer import BROWSER_CLIENT, ClientInfo, IssuedTokens, SessionLifetimes, TokenIssuer
from .tokens import TokenCodec

# Seconds after the last proof (password, code, passkey) in which sensitive changes need none.
# Afterwards, a stranger at an open browser can read, but not take over the account.
REAUTHENTICATION_TTL = 15 * 60
PASSWORD = SignIn()
# As the argument of `confirm`: read the entry, and confirm no generation.
NO_GENERATION = -1


class Sessions:
    def __init__(
        self,
        tokens: TokenCodec,
        status: SessionStatus,
        limits: SessionLifetimes,
        finish_ends: Callable[[], None] = lambda: None,
    ) -> None:
        """`finish_ends` starts to write the remaining rows when very many sessions end at once."""
        self._tokens = tokens
        self._status = status
        self._generations = status.generations
        self._repository = status.session_repository
        self._feed = status.feed
        self._finish_ends = finish_ends
        self._grace = limits.grace
        self._issuer = TokenIssuer(tokens, limits)

    def start(
        self,
        user: User,
        origin: ClientInfo,
        *,
        remember: bool,
        now: float,
        sign_in: SignIn = PASSWORD,
    ) -> IssuedTokens:
        """Open a session for a user who has just proved who they are.

        Mails the user if it is a new browser.

        Redis is written first: if SQL then fails, only a key is left that expires, and no unused
        session in the user's list. The oldest sessions end if more than MAX_OPEN_SESSIONS are open.
        Raises InvalidCredentials (password or passkey changed in between), WrongCode, Unavailable.
        """
        session = self._issuer.new_session(user, origin, remember=remember, now=now)
        self._generations.start(
            session.sid,
            now=int(now),
            browser=origin.device_tag(session.sid),
            ttl=time_to_live(session, now),
        )
        sign_in = replace(
            sign_in, password_hash=user.verified_password_hash, device_id=origin.device_id
        )
        opened = self._repository.open(session, sign_in, self._feed.publish)
        self.write_tombstones(opened.ended, now)
        if opened.codes_left is not None:
            self._status.notifications.recovery_code_used(user, opened.codes_left)
        if opened.new_browser:
            self._status.notifications.new_sign_in(user, session.sid, now)
        return self._issuer.issue(user, session, "started", 0, int(now), now, origin.scope)

    def redeem(
        self, refresh_token: str, origin: ClientInfo, now: float, *, sid: str | None = None
    ) -> IssuedTokens:
        """Exchange a refresh token for its successor, or for the same successor again.

        `sid`, if given, is the only session whose token may be redeemed.

        Raises TokenInvalid, TokenExpired, RefreshInvalid (another client's token),
        SessionEnded, RefreshReused (theft: the session has ended for both) and
        Unavailable (the token can still be redeemed).
        """
        claims = self._tokens.verify_refresh(refresh_token, now)
        if claims.client_id != origin.client_id or sid not in (None, claims.sid):
            raise RefreshInvalid
        user, session = self._status.find_open(claims, now)
        session = session or self._restore(claims, origin, now)
        answer = self._generations.redeem(
            claims.sid,
            claims.gen,
            now=int(now),
            grace=self._grace,
            browser=origin.device_tag(claims.sid),
            ttl=time_to_live(session, now),
        )
        if answer.outcome is Outcome.REUSED:
            self._feed.publish(claims.sid)
        self._status.require_open(answer, user, session, now)
        made = (answer.outcome, answer.gen, answer.rotated_at)
        return self._issuer.issue(user, session, *made, now, origin.scope)

    def revoke(self, token: str, client_id: str, now: float) -> None:
        """End the session of a client's own token; ignore any other text (RFC 7009 section 2.2).

        An expired token is ignored, too: it may come from an old log. Raises Unavailable.
        """
        if claims := self.claims_ignoring_expiry(token, client_id, now):
            self.end(claims.sid, EndReason.LOGOUT, now)

    def claims_ignoring_expiry(
        self, token: str, client_id: str, now: float
    ) -> RefreshClaims | AccessClaims | None:
        """The claims of a client's own authentic token of either kind; None if it has expired.

        None also if its user is deleted, or the session is another user's. Raises Unavailable.
        """
        claims = self._tokens.authentic_claims(token, now)
        if claims is None or claims.client_id != client_id or claims.exp <= now:
            return None
        user, session = self._repository.find(claims.sub, claims.sid)
        return claims if user and belongs_to(user, session) else None

    def check_open(self, refresh_token: str, now: float) -> None:
        """Raise if a browser's session has ended. Redeems nothing, so the idle limit does not move.

        Raises TokenInvalid, TokenExpired, RefreshInvalid, SessionEnded, Unavailable.
        """
        claims = self._tokens.verify_refresh(refresh_token, now)
        if claims.client_id != BROWSER_CLIENT:
            raise RefreshInvalid
        user, session = self._status.find_open(claims, now)
        self._status.require_open(
            self._status.confirm_generation(claims, session), user, session, now
        )

    def recently_authenticated(self, access: AccessClaims, now: float) -> bool:
        """Whether the user has proved who they are less than REAUTHENTICATION_TTL ago.

        OWASP ASVS 5.0 7.5.1. Raises Unavailable.
        """
        session = self.session_of(access)
        return bool(
            session
            and session.reauthenticated_at
            and now - session.reauthenticated_at <= REAUTHENTICATION_TTL
        )

    def record_reauthentication(self, sid: str, now: float) -> None:
        """Record that the user has proved again who they are. Raises Unavailable."""
        self._repository.record_reauthentication(sid, int(now))

    def owner_of(self, sid: str) -> tuple[str | None, str | None]:
        """The user's id and the end reason of a browser's session; reason None: open, or expired.

        User None: the account is deleted or disabled, or the session is unknown or a program's.
        Raises Unavailable.
        """
        user, session = self._repository.find(self._repository.user_of(sid) or "", sid)
        if not user or user.disabled or not session or session.client_id != BROWSER_CLIENT:
            return None, EndReason.UNKNOWN
        reason = session.ended_reason or self._generations.confirm(sid, NO_GENERATION).reason
        return user.id, reason or None

    def session_of(self, claims: AccessClaims) -> Session | None:
        """The row of a verified token's session; None if SQL has lost it. Raises Unavailable."""
        return self._repository.find(claims.sub, claims.sid)[1]

    def has_ended(self, session: Session, *, ask: bool) -> bool:
        """Whether a session that was just open has ended since, alone or with all of its user.

        Without `ask`, SQL is read only if the feed invalidated the session. False if SQL is down.
        """
        if not ask and not self._feed.is_invalidated(session.sid, session.user_id):
            return False
        with suppress(Unavailable):
            user, row = self._repository.find(session.user_id, session.sid)
            return user is None or user.disabled or bool(row and row.ended_reason)
        return False

    def end(self, sid: str, reason: str, now: float) -> None:
        """End a session; the first reason stays. Raises Unavailable.

        The invalidation is published first, so that every worker reads the stores from the moment
        of the end. The end is valid once SQL has it, whether or not Redis answers.
        """
        published = self._feed.publish(sid)
        session = self._repository.close(sid, reason, int(now)).session
        if session and published:
            self.write_batch_of_tombstones([session], now)

    def write_tombstones(self, ended: list[Session], now: float, *, more: bool = False) -> None:
        """Write tombstones of sessions that one change ended; a job ends the remaining ones."""
        self.write_batch_of_tombstones(ended, now)
        if more or len(ended) >= MAX_OPEN_SESSIONS:
            self._finish_ends()

    def write_batch_of_tombstones(self, ended: list[Session], now: float) -> None:
        """Write tombstones to Redis of sessions that SQL has ended."""
        self._status.write_tombstones(ended, now)

    def _restore(self, claims: RefreshClaims, origin: ClientInfo, now: float) -> Session:
        """Insert the row of a session that SQL has lost and Redis still has."""
        if self._generations.confirm(claims.sid, claims.gen).outcome is Outcome.MISSING:
            raise SessionEnded(EndReason.UNKNOWN)
        session = self._issuer.session_of(claims, origin)
        self.write_tombstones(self._repository.restore(session, self._feed.publish), now)
        return self._status.find_open(claims, now)[1] or session  # all may have ended in between
