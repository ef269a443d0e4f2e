"""Which identity do these credentials prove? The one decision, for every way into the app.

1. A good bearer token, or on pages a good access cookie: an `Identity`.
2. No good access token, and a refresh cookie that may be redeemed: `RefreshWanted`.
3. Otherwise refused: an error that holds the reason.

Usually a browser has one cookie of each name, both of one session. But another app on the same
host can set cookies of these names, and a copy of an older pair may stand before the good one.
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

# The error to raise when several tokens were refused. The first two come first, for then a good
# sign-in may be among them that can't be judged at the moment: its cookies have to stay.
GRAVEST_FIRST = (ClockSkew, KeyUnknown, SessionEnded, TokenExpired, CookiesDiffer)


class Identity(NamedTuple):
    """A user, and the verified claims of the access token that proves it."""

    user: User
    access: AccessClaims
    from_cookie: bool = False
    """Whether it was the access cookie. Then the refresh cookie should be of the same session."""


@dataclass(frozen=True)
class RefreshWanted:
    """No access token is good; one of these refresh tokens may be redeemed."""

    tokens: Sequence[str]
    """In the order in which to try them."""
    sid: str | None
    """If given, the only session that may be renewed."""
    refusals: Sequence[EvergreenError]
    """Of the access tokens."""

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
    """`Tokens.authentic_claims`."""

    def authenticate(
        self,
        bearer: str | None,
        access_cookies: Sequence[str],
        refresh_cookies: Callable[[], Sequence[str]],
        now: float,
        *,
        bearer_only: bool = False,
    ) -> Identity | RefreshWanted:
        """The one decision. Cookie values stand in the order in which the browser sent them.

        `refresh_cookies` is called only where they decide: most requests show a good access token.
        `bearer_only`: for the JSON API, where a cookie proves nothing, as forms of other sites
        could send it. Raises Unauthenticated with the reason, Unavailable.
        """
        if bearer_only:
            return self._by_bearer(bearer, refresh_cookies, now)
        if bearer:
            # A proxy in front may send a bearer token of its own, which proves nothing here.
            try:
                return Identity(*self._verify_of_browser(bearer, now))
            except (Unauthenticated, ClockSkew):
                pass
        return self._by_cookies(access_cookies, refresh_cookies, now)

    def _by_bearer(
        self, token: str | None, refresh_cookies: Callable[[], Sequence[str]], now: float
    ) -> Identity | RefreshWanted:
        """A script's expired token is renewed too, by a refresh cookie of the same session.

        The expired token shows that the call comes from the page's own script.
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
        """The first good access cookie counts; those of whole pairs come first."""
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
        found = refresh_cookies()
        if tokens := self._redeemable(found, sids, now):
            return RefreshWanted(tokens, None, refusals)
        raise gravest([*refusals, CookiesDiffer()] if found else refusals)

    def _verify_of_browser(self, token: str, now: float) -> tuple[User, AccessClaims]:
        """A program's token opens no page (RFC 8707: a token is for one audience)."""
        found = self.verify(token, now)
        if found[1].client_id != BROWSER_CLIENT:
            raise TokenInvalid
        return found

    def _whole_pairs_first(
        self, access_tokens: Sequence[str], refresh_tokens: Sequence[str], now: float
    ) -> list[str]:
        """Access tokens with a refresh token of the same session first.

        A single access token can't be renewed. If it came first, the refresh token of the whole
        pair would look like another person's.
        """
        paired = self.sids_of(refresh_tokens, now)
        return sorted(access_tokens, key=lambda token: not self.sids_of([token], now) & paired)

    def _redeemable(
        self, refresh_tokens: Sequence[str], access_sids: set[str], now: float
    ) -> Sequence[str]:
        """The refresh tokens that may be redeemed, in the order in which to try them.

        `access_sids`: the sessions of the authentic access tokens beside them. These come first.
        Of one session only the newest token: an older one beside it is no theft, and must not look
        like one. Another session would silently sign the browser in as another person. It is
        tried only if each session of `access_sids` has a refresh token here, and so is a whole
        pair that may have been left behind.
        """
        if not access_sids and len(refresh_tokens) < 2:
            return refresh_tokens
        newest: dict[str, tuple[int, str]] = {}
        for token in refresh_tokens:
            claims = self.authentic_claims(token, now)
            sid, found = (claims.sid, (claims.gen, token)) if claims else (token, (0, token))
            newest[sid] = max(newest.get(sid, found), found)
        own = [token for sid, (_, token) in newest.items() if sid in access_sids]
        others = [token for sid, (_, token) in newest.items() if sid not in access_sids]
        return own if access_sids - newest.keys() else own + others

    def sids_of(self, tokens: Sequence[str], now: float) -> set[str]:
        """The sessions of the authentic tokens among these, expired or not."""
        claims = [self.authentic_claims(token, now) for token in tokens]
        return {each.sid for each in claims if each}


def gravest(refusals: Sequence[EvergreenError]) -> EvergreenError:
    """The error to raise if every token was refused; TokenMissing if there was none."""
    for kind in GRAVEST_FIRST:
        for refusal in refusals:
            if isinstance(refusal, kind):
                return refusal
    return refusals[0] if refusals else TokenMissing()
