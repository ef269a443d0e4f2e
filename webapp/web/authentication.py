"""The hook: who is asking? Read top to bottom, it is the whole story.

1. A bearer token, or on pages the access cookie: believe it if it is good.
2. It has expired or is gone, and there is a refresh cookie: redeem that, go on
   with the request as if nothing had happened, and let the response carry the
   new cookies.
3. Otherwise refuse: `errors.py` makes a page of it, or a 401.
"""

import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import NamedTuple, TypeVar

import flask
from flask import Flask, Response, after_this_request, g, has_request_context, request
from flask.typing import ResponseReturnValue

from webapp.core import events
from webapp.core.claims import AccessClaims
from webapp.core.errors import (
    ClocksDiffer,
    CookiesDiffer,
    EvergreenError,
    SessionEnded,
    TokenExpired,
    TokenInvalid,
    TokenMissing,
    Unauthenticated,
)
from webapp.core.grants import BROWSER_CLIENT, Grant
from webapp.core.models import User

from . import cookies, csrf, device_cookie, drafts, in_place, messages, pairing
from .authorization import EVERYBODY, check, permission_needed
from .refreshing import exchange
from .request_id import request_id
from .requests import is_api, is_navigation, is_plain_client, is_visit, this_request
from .services import origin, services


class Visitor(NamedTuple):
    """Who is asking, for the length of one request."""

    user: User
    access: AccessClaims


Visited = TypeVar("Visited")

# Seconds. So long after a renewal SQL is asked whether the session is still open: its end may
# have been announced by another worker just now. Before that, what has been announced is enough.
LATE = 0.5

# They change nothing, so they carry no form (RFC 9110 section 9.2.1).
SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}


def install(app: Flask) -> None:
    app.before_request(authenticate)


def authenticate() -> ResponseReturnValue | None:
    """Before every request: set `g.visitor`. Raises Unauthenticated, Forbidden, Unavailable."""
    events.context.set(on_whose_behalf)
    needed, method = permission_needed(), this_request().method
    if method not in SAFE_METHODS:
        in_place.prepare()
    if needed != EVERYBODY:
        g.visitor = visitor = identify()
        check(visitor.user, visitor.access, needed)
    else:
        looked_at = method == "GET" and (is_navigation() or is_plain_client())
        g.visitor = greet() if looked_at else None
    if is_api():
        return None
    if method not in SAFE_METHODS and request.endpoint:
        csrf.check_form(needed == EVERYBODY, sessions_of_this_browser)
        return drafts.send_once()
    return None


def on_whose_behalf() -> events.Context:
    """For the security events of this request, and of nothing that comes after it."""
    if not has_request_context():
        return events.Context()
    here, visitor = origin(), g.get("visitor")
    user_id = visitor.user.id if visitor else None
    device_id = device_cookie.signed_id()
    root = "" if services().settings.base_url else request.script_root
    return events.Context(request_id(), here.ip, here.user_agent, user_id, device_id, root)


def greet() -> Visitor | None:
    """A public page knows who is signed in, and tells who no longer is, and why.

    Only here a whole sign-in is deleted: what a protected page answers may be late, and
    what it would delete may be the cookies of a newer login. Good cookies that we
    can't read at the moment (a key not yet here, a clock gone wrong) are kept.
    """
    try:
        return identify()
    except (TokenMissing, ClocksDiffer):
        return None
    except Unauthenticated as refusal:
        if is_visit():
            tell_why(refusal)
        return None


def tell_why(refusal: Unauthenticated) -> None:
    if isinstance(refusal, (SessionEnded, TokenExpired, CookiesDiffer)):
        after_this_request(forget)
    messages.leave(messages.why_signed_out(refusal), "warning")


def identify() -> Visitor:
    bearer = bearer_token()
    if not is_api():
        own = by_own_bearer(bearer)
        return own if own else by_cookies(renew)
    if bearer is None:
        raise TokenMissing  # a cookie proves nothing here: forms of other sites could send it
    return by_bearer(bearer)


def bearer_token() -> str | None:
    scheme, _, token = this_request().environ.get("HTTP_AUTHORIZATION", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def by_bearer(token: str) -> Visitor:
    """A script's expired token and the refresh cookie of the same session: renewed as well.

    The expired token shows that the call comes from the page's own script.
    """
    try:
        return believe(token)
    except TokenExpired as expired:
        sid = expired.claims.sid
        with suppress(CookiesDiffer, TokenMissing):  # no refresh cookie, or another session's
            return by_refresh_cookies({sid}, [], partial(renew, sid=sid))
        raise


def by_own_bearer(token: str | None) -> Visitor | None:
    """On a page: a proxy in front may send a bearer token of its own, which says nothing to us."""
    with suppress(Unauthenticated, ClocksDiffer):
        return believe_on_page(token) if token else None
    return None


def by_cookies(use_refresh: Callable[[str], Visited]) -> Visitor | Visited:
    """Of several cookies of one name the first good one counts; whole pairs come first."""
    sids: set[str] = set()
    refusals: list[EvergreenError] = []
    for token in pairing.whole_pairs_first(cookies.read_all(cookies.ACCESS)):
        try:
            visitor = believe_on_page(token)
        except (Unauthenticated, ClocksDiffer) as refusal:
            claims = services().sessions.authentic_claims(token, services().now())
            sids |= {claims.sid} if claims and claims.client_id == BROWSER_CLIENT else set()
            refusals += [refusal] if isinstance(refusal, (SessionEnded, ClocksDiffer)) else []
        else:
            pairing.require_pair(visitor.access.sid)
            return visitor
    return by_refresh_cookies(sids, refusals, use_refresh)


def by_refresh_cookies(
    access_sids: set[str], refusals: list[EvergreenError], use: Callable[[str], Visited]
) -> Visited:
    """`access_sids`: sessions whose access tokens came along, and were not good any more."""
    tokens = cookies.read_all(cookies.REFRESH)
    allowed = pairing.redeemable(tokens, access_sids)
    for token in allowed:
        try:
            return use(token)
        except (Unauthenticated, ClocksDiffer) as refusal:
            refusals.append(refusal)
    if tokens and not allowed:
        refusals.append(CookiesDiffer())
    raise pairing.gravest(refusals)


def believe(access_token: str) -> Visitor:
    found = services()
    return Visitor(*found.sessions.confirm(access_token, found.now()))


def believe_on_page(access_token: str) -> Visitor:
    """A program's token opens no page (RFC 8707: a token is for one audience)."""
    visitor = believe(access_token)
    if visitor.access.client_id != BROWSER_CLIENT:
        raise TokenInvalid
    return visitor


def renew(refresh_token: str, sid: str | None = None) -> Visitor:
    grant = exchange(refresh_token, device_cookie.browser(), sid=sid)
    hand_over(grant)
    return Visitor(grant.user, grant.access)


def hand_over(grant: Grant) -> None:
    """With the answer, also one that fails: a renewed sign-in must reach the browser.

    Unless the session has ended while the request was under way. Then another tab may have signed
    in again, and a late answer would overwrite its cookies. (Without the new tokens the browser
    keeps the old ones, which are as good as after any lost answer.)
    """
    g.grant = grant
    began = time.monotonic()

    def set_cookies(response: Response) -> Response:
        late = time.monotonic() - began >= LATE
        if not services().sessions.has_ended(grant.session, ask=late):
            response = cookies.remember_grant(response, grant)
            return device_cookie.add_to(response, grant.session.sid)
        flask.session.modified = False
        return response

    after_this_request(set_cookies)


def forget(response: Response) -> Response:
    return response if g.get("grant") else cookies.forget_grant(response)


def sessions_of_this_browser() -> set[str]:
    """Usually one; by whichever cookie is left of it."""
    tokens = (*cookies.read_all(cookies.REFRESH), *cookies.read_all(cookies.ACCESS))
    sessions, now = services().sessions, services().now()
    claims = [sessions.recognise(token, BROWSER_CLIENT, now) for token in tokens]
    return {each.sid for each in claims if each}


def visitor() -> Visitor:
    """Who is asking, on a route that needs to know. Raises TokenMissing."""
    found: Visitor | None = g.get("visitor")
    if found is None:
        raise TokenMissing
    return found
