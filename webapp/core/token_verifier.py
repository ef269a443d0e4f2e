"""Verification of tokens: by signature and both stores, or by the cache of this worker."""

from dataclasses import replace

from . import jws
from .claims import AccessClaims, RefreshClaims
from .errors import SessionEnded, TokenExpired, TokenInvalid
from .models import User
from .ports import InvalidationFeed, Outcome
from .session_status import SessionStatus
from .token_cache import CachedToken, TokenCache
from .tokens import TokenCodec


class TokenVerifier:
    def __init__(
        self, tokens: TokenCodec, status: SessionStatus, feed: InvalidationFeed, memory: TokenCache
    ) -> None:
        self._tokens = tokens
        self._status = status
        self._feed = feed
        self._token_cache = memory

    def verify(self, access_token: str, now: float) -> tuple[User, AccessClaims]:
        """The user and the claims of a valid access token.

        A token that was verified before is only looked up in the cache, unless the feed has
        invalidated its session or user.

        Raises TokenInvalid, TokenExpired, SessionEnded, Unavailable.
        """
        epoch = self._feed.epoch
        cached = self._token_cache.get(access_token, epoch)
        if cached and self._is_still_valid(cached, now):
            return cached.user, cached.claims
        claims = self._tokens.verify_access(access_token, now)
        user, answer = self._status.confirm(claims, now)
        if answer.outcome is Outcome.ALIVE:
            cached = CachedToken(user, claims, jws.kid_of(access_token))
            self._token_cache.put(access_token, cached, epoch)
        return user, claims

    def _is_still_valid(self, cached: CachedToken, now: float) -> bool:
        claims = cached.claims
        return (
            claims.exp > now
            and self._tokens.access_keys.find(cached.kid) is not None
            and not self._feed.is_invalidated(claims.sid, claims.sub)
        )

    def introspect(self, token: str, now: float) -> AccessClaims | RefreshClaims | None:
        """The claims of a token of either kind that is valid now (RFC 7662 section 2.2), else None.

        Role and e-mail are the present ones, not those at the time of signing. Raises Unavailable.
        """
        try:
            user, claims = self.verify(token, now)
            return replace(claims, role=user.role, email=user.email)
        except TokenInvalid:
            return self._introspect_refresh(token, now)
        except (TokenExpired, SessionEnded):
            return None

    def _introspect_refresh(self, token: str, now: float) -> RefreshClaims | None:
        try:
            claims = self._tokens.verify_refresh(token, now)
            session = self._status.find_open(claims, now)[1]
        except (TokenInvalid, TokenExpired, SessionEnded):
            return None
        answer = self._status.confirm_generation(claims, session)
        if answer.outcome is Outcome.MISSING:
            return claims if session else None
        alive = answer.outcome is Outcome.ALIVE and answer.gen <= claims.gen
        return claims if alive else None
