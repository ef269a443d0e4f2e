"""Which of a browser's cookies may prove who it is.

Usually there is one of each name, and both are of one session. But another app on this host can
set cookies of the same names, and a copy of an older pair may stand before the good one.
"""

from collections.abc import Sequence

from flask import after_this_request

from webapp.core.errors import (
    ClocksDiffer,
    CookiesDiffer,
    EvergreenError,
    KeyUnknown,
    SessionEnded,
    TokenExpired,
    TokenMissing,
)

from . import cookies
from .requests import is_visit, this_request
from .services import services

# What to say when several cookies were refused. The first two come first, for then a good sign-in
# may be among them that can't be judged at the moment: its cookies have to stay.
GRAVEST_FIRST = (ClocksDiffer, KeyUnknown, SessionEnded, TokenExpired, CookiesDiffer)

# Hashes of `Cookie` headers whose tokens are of one session: most requests are known by these.
_pairs: set[int] = set()
MOST_PAIRS = 10_000


def whole_pairs_first(access_tokens: list[str]) -> list[str]:
    """Those with a refresh cookie of the same session first: a lone one can't be renewed, and
    would make the refresh cookie of the whole pair look like another person's."""
    if len(access_tokens) < 2:
        return access_tokens
    refresh_sids = _sids(cookies.read_all(cookies.REFRESH))
    return sorted(access_tokens, key=lambda token: not _sids([token]) & refresh_sids)


def redeemable(refresh_tokens: list[str], access_sids: set[str]) -> list[str]:
    """Those that may be redeemed; `access_sids` are of authentic access tokens beside them.

    Of one session only the newest: an older one beside it is no theft, and must not look like one.
    The access tokens' own sessions come first. Any other session would make another person of the
    visitor without a word: it has its turn only if those are whole pairs, which may be left behind.
    """
    if not access_sids and len(refresh_tokens) < 2:
        return refresh_tokens
    newest: dict[str, tuple[int, str]] = {}
    for token in refresh_tokens:
        claims = services().sessions.authentic_claims(token, services().now())
        sid, found = (claims.sid, (claims.gen, token)) if claims else (token, (0, token))
        newest[sid] = max(newest.get(sid, found), found)
    own = [token for sid, (_, token) in newest.items() if sid in access_sids]
    others = [token for sid, (_, token) in newest.items() if sid not in access_sids]
    return own if access_sids - newest.keys() else own + others


def gravest(refusals: Sequence[EvergreenError]) -> EvergreenError:
    """What to answer if every cookie was refused; TokenMissing if there was none."""
    for kind in GRAVEST_FIRST:
        for refusal in refusals:
            if isinstance(refusal, kind):
                return refusal
    return refusals[0] if refusals else TokenMissing()


def require_pair(sid: str) -> None:
    """Beside a good access token of this session, drop the refresh cookie of another one.

    Else the visitor would become that other person when the access token expires.
    """
    seen = hash(this_request().environ["HTTP_COOKIE"])
    if seen in _pairs:
        return
    sids = _sids(cookies.read_all(cookies.REFRESH))
    if not sids or sid in sids:
        if len(_pairs) >= MOST_PAIRS:
            _pairs.clear()
        _pairs.add(seen)
    elif is_visit():
        after_this_request(cookies.forget_refresh)


def _sids(tokens: Sequence[str]) -> set[str]:
    """The sessions of those that are authentic, in time or not."""
    sessions, now = services().sessions, services().now()
    claims = [sessions.authentic_claims(token, now) for token in tokens]
    return {each.sid for each in claims if each}
