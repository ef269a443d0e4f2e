"""The hook: who is asking? Read top to bottom, it is the whole story.

1. A bearer token, or on pages the access cookie: believe it if it is good.
2. It has expired or is gone, and there is a refresh cookie: redeem that, go on
   with the request as if nothing had happened, and let the response carry the
   new cookies.
3. Otherwise refuse: `errors.py` makes a page of it, or a 401.
"""

from typing import NamedTuple

from flask import Flask, Response, after_this_request, g, has_request_context, request
from flask.typing import ResponseReturnValue

from webapp.core import events
from webapp.core.errors import (
    ClocksDiffer,
    SessionEnded,
    TokenExpired,
    TokenInvalid,
    TokenMissing,
    Unauthenticated,
)
from webapp.core.grants import BROWSER_CLIENT, Grant
from webapp.core.stores import User
from webapp.core.tokens import AccessClaims

from . import cookies, csrf, drafts, messages
from .authorization import EVERYBODY, check, permission_needed
from .refreshing import exchange
from .request_id import request_id
from .requests import is_api, is_navigation, is_plain_client, is_visit, this_request
from .services import origin, services


class Visitor(NamedTuple):
    """Who is asking, for the length of one request."""

    user: User
    access: AccessClaims


# They change nothing, so they carry no form (RFC 9110 section 9.2.1).
SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}


def install(app: Flask) -> None:
    app.before_request(authenticate)


def authenticate() -> ResponseReturnValue | None:
    """Before every request: set `g.visitor`. Raises Unauthenticated, Forbidden, Unavailable."""
    events.context.set(on_whose_behalf)
    needed, method = permission_needed(), this_request().method
    if needed != EVERYBODY:
        g.visitor = visitor = identify()
        check(visitor.user, needed)
    else:
        looked_at = method == "GET" and (is_navigation() or is_plain_client())
        g.visitor = greet() if looked_at else None
    if is_api():
        return None
    csrf.bind_forms()
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
    return events.Context(request_id(), here.ip, here.user_agent, user_id)


def greet() -> Visitor | None:
    """A public page knows who is signed in, and tells who no longer is, and why.

    Here alone cookies are forgotten: what a protected page answers may be late, and
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
    if isinstance(refusal, (SessionEnded, TokenExpired)):
        after_this_request(forget)
    messages.leave(messages.why_signed_out(refusal), "warning")


def identify() -> Visitor:
    bearer = bearer_token()
    if bearer is not None:
        return by_bearer(bearer)
    if is_api():
        raise TokenMissing  # a cookie proves nothing here: forms of other sites could send it
    return by_cookies()


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
        refresh = cookies.read(cookies.REFRESH)
        if not refresh:
            raise
        return renew(refresh, sid=expired.claims.sid)


def by_cookies() -> Visitor:
    if access := cookies.read(cookies.ACCESS):
        try:
            return believe(access)
        except (TokenInvalid, TokenExpired):
            pass  # the other one may still be good
    refresh = cookies.read(cookies.REFRESH)
    if not refresh:
        raise TokenMissing
    return renew(refresh)


def believe(access_token: str) -> Visitor:
    found = services()
    return Visitor(*found.sessions.confirm(access_token, found.now()))


def renew(refresh_token: str, sid: str | None = None) -> Visitor:
    grant = exchange(refresh_token, origin(), sid=sid)
    hand_over(grant)
    return Visitor(grant.user, grant.access)


def hand_over(grant: Grant) -> None:
    """With the answer, also one that fails: a renewed sign-in must reach the browser."""
    g.grant = grant
    after_this_request(lambda response: cookies.remember_grant(response, grant))


def forget(response: Response) -> Response:
    return response if g.get("grant") else cookies.forget_grant(response)


def sessions_of_this_browser() -> set[str]:
    """Usually one; by whichever cookie is left of it."""
    tokens = (cookies.read(cookies.REFRESH), cookies.read(cookies.ACCESS))
    sessions, now = services().sessions, services().now()
    claims = [sessions.recognise(token, BROWSER_CLIENT, now) for token in tokens if token]
    return {each.sid for each in claims if each}


def visitor() -> Visitor:
    """Who is asking, on a route that needs to know. Raises TokenMissing."""
    found: Visitor | None = g.get("visitor")
    if found is None:
        raise TokenMissing
    return found
