"""Both cookies must be of one session: another app on this host can set cookies of these names."""

from flask import after_this_request

from webapp.web.request_info import is_visit, this_request
from webapp.web.services import services

from . import cookies

# Cache: hashes of `Cookie` headers with both tokens of one session. Most requests hit it.
_pairs: set[int] = set()
MAX_PAIRS = 10_000


def require_pair(sid: str) -> None:
    """Beside a good access cookie of this session, drop the refresh cookie of another one.

    Else the browser would be signed in as that other person when the access token expires.
    """
    seen = hash(this_request().environ["HTTP_COOKIE"])
    if seen in _pairs:
        return
    found = services()
    sids = found.authenticator.sids_of(cookies.read_all(cookies.REFRESH), found.now())
    if not sids or sid in sids:
        if len(_pairs) >= MAX_PAIRS:
            _pairs.clear()
        _pairs.add(seen)
    elif is_visit():
        after_this_request(cookies.delete_refresh_cookie)
