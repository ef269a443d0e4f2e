"""Authentication: the one decision which identity the credentials of a request prove.

1. A valid bearer token, or on pages a valid access cookie: an `Identity`.
2. No valid access token, but a refresh cookie that may be redeemed: `RefreshWanted`.
3. Otherwise an error with the reason.

Usually a browser has one cookie of each name, both of one session. But another app on the same
host can set cookies with these names, and an older pair may come before the valid one.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

from .claims import AccessClaims, RefreshClaims
from .errors import (
    ClockSkew,
    CookiesDiffer,
    EvergreenError,
    KeyUnknown,
    SessionEnded,
    TokenExpired,
    TokenInvalid,
    TokenMissing,
    Unauthenticated,
)
from .models import User
from .token_issuer import BROWSER_CLIENT

Renewed = TypeVar("Renewed")

# Order of importance when several tokens were refused. The first two are temporary: one of the
# tokens may be valid, so its cookies have to stay.
GRAVEST_FIRST = (ClockSkew, KeyUnknown, SessionEnded, TokenExpired, CookiesDiffer)


class Identity(NamedTuple):
    """A user, and the verified claims of the access token that proves it."""

    user: User
    access: AccessClaims
    from_cookie: bool = False
    """Whether the token is from the access cookie."""


@dataclass(frozen=True)
class RefreshWanted:
    """No access token is valid; one of these refresh tokens may be redeemed."""

    tokens: Sequence[str]
    """In the order in which to try them."""
    sid: str | None
    """The only session that may be refreshed; None: any."""
    refusals: Sequence[EvergreenError]
    """The errors of the access tokens."""

    def redeem_first(self, redeem: Callable[[str, str | None], Renewed]) -> Renewed:
        """The result of `redeem(token, sid)` for the first token that is not refused.

        Raises the gravest refusal if all are refused; Unavailable.
        """
        refusals = list(self.refusals)
        for token in self.tokens:
            try:
                return redeem(token, self.sid)
            except (Unauthenticated, ClockSkew) as refusal:
                refusals.append(refusal)
        raise gravest(refusals)


@dataclass(frozen=True)
class Authenticator:
    verify: Callable[[str, float], tuple[User, AccessClaims]]
    """`TokenVerifier.verify`."""
    authentic_claims: Callable[[str, float], RefreshClaims | AccessClaims | None]
    """`TokenCodec.authentic_claims`."""

    def authenticate(
        self,
        bearer: str | None,
        access_cookies: Sequence[str],
        refresh_cookies: Callable[[], Sequence[str]],
        now: float,
        *,
        bearer_only: bool = False,
    ) -> Identity | RefreshWanted:
        """The identity, or a refresh. Cookie values are in the order of the Cookie header.

        `refresh_cookies` is called only if needed: most requests have a valid access token.
        `bearer_only`: for the JSON API, where cookies are not accepted, since forms of other sites
        send them too (CSRF). Raises Unauthenticated with the reason, Unavailable.
        """
        if bearer_only:
            return self._by_bearer(bearer, refresh_cookies, now)
        if bearer:
            # A proxy may add a bearer token of its own, which is not ours.
            try:
                return Identity(*self._verify_of_browser(bearer, now))
            except (Unauthenticated, ClockSkew):
                pass
        return self._by_cookies(access_cookies, refresh_cookies, now)

    def _by_bearer(
        self, token: str | None, refresh_cookies: Callable[[], Sequence[str]], now: float
    ) -> Identity | RefreshWanted:
        """Accept a bearer token, or a refresh cookie of the same session if it has expired.

        The expired token proves that the call comes from a script of this app's pages.
        """
        if token is None:
            raise TokenMissing
        try:
            user, access = self.verify(token, now)
            return Identity(user, access)
        except TokenExpired as expired:
            sid = expired.claims.sid
            if tokens := self._redeemable(refresh_cookies(), {sid}, now):
                return RefreshWanted(tokens, sid, [])
            raise

    def _by_cookies(
        self,
        access_cookies: Sequence[str],
        refresh_cookies: Callable[[], Sequence[str]],
        now: float,
    ) -> Identity | RefreshWanted:
        """Accept the first valid access cookie. Those with a refresh cookie are tried first."""
        if len(access_cookies) > 1:
            access_cookies = self._whole_pairs_first(access_cookies, refresh_cookies(), now)
        sids: set[str] = set()
        refusals: list[EvergreenError] = []
        for token in access_cookies:
            try:
                user, access = self._verify_of_browser(token, now)
                return Identity(user, access, True)
            except (Unauthenticated, ClockSkew) as refusal:
                claims = self.authentic_claims(token, now)
                sids |= {claims.sid} if claims and claims.client_id == BROWSER_CLIENT else set()
                refusals += [refusal] if isinstance(refusal, (SessionEnded, ClockSkew)) else []
        refresh_tokens = refresh_cookies()
        if tokens := self._redeemable(refresh_tokens, sids, now):
            return RefreshWanted(tokens, None, refusals)
        raise gravest([*refusals, CookiesDiffer()] if refresh_tokens else refusals)

    def _verify_of_browser(self, token: str, now: float) -> tuple[User, AccessClaims]:
        """Verify a token for pages. A program's token is refused (RFC 8707: one audience)."""
        user, claims = self.verify(token, now)
        if claims.client_id != BROWSER_CLIENT:
            raise TokenInvalid
        return user, claims

    def _whole_pairs_first(
        self, access_tokens: Sequence[str], refresh_tokens: Sequence[str], now: float
    ) -> list[str]:
        """The access tokens, those with a refresh token of the same session first.

        An access token without one can't be refreshed. If it came first, the refresh token of the
        complete pair would look like another user's.
        """
        paired = self.sids_of(refresh_tokens, now)
        return sorted(access_tokens, key=lambda token: not self.sids_of([token], now) & paired)

    def _redeemable(
        self, refresh_tokens: Sequence[str], access_sids: set[str], now: float
    ) -> Sequence[str]:
        """The refresh tokens that may be redeemed, in the order in which to try them.

        `access_sids`: the sessions of the authentic access tokens; their refresh tokens come
        first. Of each session only the newest token is used: an older copy must not look like
        theft. Other sessions could silently sign the browser in as another user. They are tried
        only if each session of `access_sids` has a refresh token, so that its pair is complete.
        """
        if not access_sids and len(refresh_tokens) < 2:
            return refresh_tokens
        newest: dict[str, tuple[int, str]] = {}
        for token in refresh_tokens:
            claims = self.authentic_claims(token, now)
            sid, ranked = (claims.sid, (claims.gen, token)) if claims else (token, (0, token))
            newest[sid] = max(newest.get(sid, ranked), ranked)
        own = [token for sid, (_, token) in newest.items() if sid in access_sids]
        others = [token for sid, (_, token) in newest.items() if sid not in access_sids]
        return own if access_sids - newest.keys() else own + others

    def sids_of(self, tokens: Sequence[str], now: float) -> set[str]:
        """The sids of the authentic tokens, expired or not."""
        claims = [self.authentic_claims(token, now) for token in tokens]
        return {each.sid for each in claims if each}


def gravest(refusals: Sequence[EvergreenError]) -> EvergreenError:
    """The most important error, by GRAVEST_FIRST; TokenMissing if there is none."""
    for kind in GRAVEST_FIRST:
        for refusal in refusals:
            if isinstance(refusal, kind):
                return refusal
    return refusals[0] if refusals else TokenMissing()
