"""What a client is handed: the two tokens of a generation, and for how long."""

import base64
import hashlib
from dataclasses import dataclass, replace

from .claims import AccessClaims, RefreshClaims
from .models import Session, User
from .tokens import TokenCodec, new_token_id

BROWSER_CLIENT = "browser"


@dataclass(frozen=True)
class SessionLifetimes:
    """Seconds. `idle` slides with each rotation, `max_age` never moves."""

    access_ttl: int
    idle: int
    idle_remembered: int
    max_age: int
    grace: int


# A device tag begins with one of these, and no entry written before there were any has one: so
# during an upgrade an older worker takes a newer entry for lost, heals it, and ends nothing.
TAG_SIGNS = b"!*+-.:=~"
# Of a program: it has no device cookie.
NO_DEVICE = "."


@dataclass(frozen=True)
class ClientInfo:
    """Where a request comes from."""

    ip: str
    user_agent: str
    client_id: str = BROWSER_CLIENT
    device_id: str = ""
    """A browser's, from its device cookie; never its user agent: one browser shows several."""
    scope: str = ""
    """What the client may do, if it is a registered one."""

    def device_tag(self, sid: str) -> str:
        """Three letters (15 bits) that stand for the browser in Redis.

        One without a device cookie counts as the one whose cookie this session's answers will
        give it: requests that come at once, with that cookie and without it, are no theft.
        """
        if self.client_id != BROWSER_CLIENT:
            return NO_DEVICE
        digest = hashlib.sha256(f"device {self.device_id or sid}".encode()).digest()
        letters = base64.urlsafe_b64encode(digest[1:4])[:2]
        return (TAG_SIGNS[digest[0] % 8 :][:1] + letters).decode()


@dataclass(frozen=True)
class IssuedTokens:
    """Both tokens, what they say, and how the client came by them."""

    user: User
    session: Session
    outcome: str
    access: AccessClaims
    access_token: str
    refresh: RefreshClaims
    refresh_token: str


@dataclass(frozen=True)
class TokenIssuer:
    """Says what a new session may do, and makes its tokens."""

    tokens: TokenCodec
    limits: SessionLifetimes

    def new_session(self, user: User, origin: ClientInfo, *, remember: bool, now: float) -> Session:
        idle = self.limits.idle_remembered if remember else self.limits.idle
        session = self._session(new_token_id(), user.id, origin, int(now), idle, remember)
        return replace(session, reauthenticated_at=int(now))

    def session_of(self, claims: RefreshClaims, origin: ClientInfo) -> Session:
        """What a token shows of its session. The absolute limit starts anew."""
        idle = claims.exp - claims.iat
        remembered = idle > self.limits.idle
        return self._session(claims.sid, claims.sub, origin, claims.iat, idle, remembered)

    def _session(
        self,
        sid: str,
        user_id: str,
        origin: ClientInfo,
        created_at: int,
        idle: int,
        remembered: bool,
    ) -> Session:
        return Session(
            sid=sid,
            user_id=user_id,
            client_id=origin.client_id,
            created_at=created_at,
            ip=origin.ip,
            user_agent=origin.user_agent,
            remembered=remembered,
            idle_ttl=idle,
            expires_at=created_at + self.limits.max_age,
        )

    def issue(
        self,
        user: User,
        session: Session,
        outcome: str,
        gen: int,
        rotated_at: int,
        now: float,
        scope: str = "",
    ) -> IssuedTokens:
        """The refresh token depends on nothing but its session's state: a repeat is the same."""
        refresh = RefreshClaims(
            sub=user.id,
            sid=session.sid,
            gen=gen,
            client_id=session.client_id,
            iat=rotated_at,
            exp=min(rotated_at + session.idle_ttl, session.expires_at),
        )
        access = AccessClaims(
            sub=user.id,
            sid=session.sid,
            gen=gen,
            client_id=session.client_id,
            role=user.role,
            email=user.email,
            jti=new_token_id(),
            iat=int(now),
            exp=min(int(now) + self.limits.access_ttl, refresh.exp),
            scope=scope,
        )
        return IssuedTokens(
            user=user,
            session=session,
            outcome=outcome,
            access=access,
            access_token=self.tokens.sign_access(access),
            refresh=refresh,
            refresh_token=self.tokens.sign_refresh(refresh),
        )
