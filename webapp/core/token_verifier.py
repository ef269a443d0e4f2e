"""Is this token good now? By its signature, by both stores, or by the cache of this worker."""

from dataclasses import replace

from . import jws
from .claims import AccessClaims, RefreshClaims
from .errors import SessionEnded, TokenExpired, TokenInvalid
from .models import User
from .ports import Feed, Outcome
from .session_status import SessionStatus
from .token_cache import Believed, Memory
from .tokens import Tokens


class TokenVerifier:
    def __init__(self, tokens: Tokens, status: SessionStatus, feed: Feed, memory: Memory) -> None:
        self._tokens = tokens
        self._status = status
        self._feed = feed
        self._memory = memory

    def verify(self, access_token: str, now: float) -> tuple[User, AccessClaims]:
        """The user and the claims of a good access token.

        A token that was verified before is looked up in the cache alone, unless an announcement
        names its session or user. Raises TokenInvalid, TokenExpired, SessionEnded, Unavailable.
        """
        epoch = self._feed.epoch
        known = self._memory.recall(access_token, epoch)
        if known and self._still_good(known, now):
            return known.user, known.claims
        claims = self._tokens.read_access(access_token, now)
        user, answer = self._status.confirm(claims, now)
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

    def inspect(self, token: str, now: float) -> AccessClaims | RefreshClaims | None:
        """The claims of a token of either kind that is good now (RFC 7662 section 2.2), else None.

        Role and e-mail are those of today, not of the time of signing. Raises Unavailable.
        """
        try:
            user, claims = self.verify(token, now)
            return replace(claims, role=user.role, email=user.email)
        except TokenInvalid:
            return self._inspect_refresh(token, now)
        except (TokenExpired, SessionEnded):
            return None

    def _inspect_refresh(self, token: str, now: float) -> RefreshClaims | None:
        try:
            claims = self._tokens.read_refresh(token, now)
            session = self._status.find_open(claims, now)[1]
        except (TokenInvalid, TokenExpired, SessionEnded):
            return None
        answer = self._status.ask_entries(claims, session)
        if answer.outcome is Outcome.MISSING:
            return claims if session else None
        alive = answer.outcome is Outcome.ALIVE and answer.gen <= claims.gen
        return claims if alive else None
