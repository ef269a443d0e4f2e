"""Issues the two tokens of a generation, with their lifetimes."""

import base64
import hashlib
from dataclasses import dataclass, replace

from .claims import AccessClaims, RefreshClaims
from .models import Session, User
from .tokens import TokenCodec, new_token_id

BROWSER_CLIENT = "browser"


@dataclass(frozen=True)
class SessionLifetimes:
    """Seconds. `idle` restarts with each rotation; `max_age` counts from the sign-in."""

    access_ttl: int
    idle: int
    idle_remembered: int
    max_age: int
    grace: int


# First character of a device tag. Entries of the version before have none of these there: so
# during an upgrade an older worker takes a newer entry for lost, heals it, and ends no session.
TAG_SIGNS = b"!*+-.:=~"
# The device tag of a program, which has no device cookie.
NO_DEVICE = "."


@dataclass(frozen=True)
class ClientInfo:
    """The client of a request: IP, user agent, client id, device id."""

    ip: str
    user_agent: str
    client_id: str = BROWSER_CLIENT
    device_id: str = ""
    """From the browser's device cookie. Not from its user agent, which can change."""
    scope: str = ""
    """The scope of a registered client; else empty."""

    def device_tag(self, sid: str) -> str:
        """Three characters (15 bits) that identify the browser in Redis.

        Without a device cookie, the tag is that of the cookie which this session's responses will
        set: so parallel requests with that cookie and without it do not look like theft.
        """
        if self.client_id != BROWSER_CLIENT:
            return NO_DEVICE
        digest = hashlib.sha256(f"device {self.device_id or sid}".encode()).digest()
        letters = base64.urlsafe_b64encode(digest[1:4])[:2]
        return (TAG_SIGNS[digest[0] % 8 :][:1] + letters).decode()


@dataclass(frozen=True)
class IssuedTokens:
    """Both tokens with their claims, and the outcome that led to them."""

    user: User
    session: Session
    outcome: str
    access: AccessClaims
    access_token: str
    refresh: RefreshClaims
    refresh_token: str


@dataclass(frozen=True)
class TokenIssuer:
    """Creates sessions with their limits, and signs their tokens."""

    tokens: TokenCodec
    limits: SessionLifetimes

    def new_session(self, user: User, origin: ClientInfo, *, remember: bool, now: float) -> Session:
        """A new session of a user who has just proved who they are."""
        idle = self.limits.idle_remembered if remember else self.limits.idle
        session = self._session(new_token_id(), user.id, origin, int(now), idle, remember)
        return replace(session, reauthenticated_at=int(now))

    def session_of(self, claims: RefreshClaims, origin: ClientInfo) -> Session:
        """The session, as far as its token shows it. The absolute limit starts again."""
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
        """Sign both tokens. The refresh token depends on its arguments alone: a repeat is equal."""
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
