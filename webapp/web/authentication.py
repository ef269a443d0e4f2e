"""The hook: who is asking? Read top to bottom, it is the whole story.

1. A bearer token, or on pages the access cookie: believe it if it is good.
2. It has expired or is gone, and there is a refresh cookie: redeem that, go on
   with the request as if nothing had happened, and let the response carry the
   new cookies.
3. Otherwise refuse: `errors.py` makes a page of it, or a 401.
"""

from contextlib import suppress
from dataclasses import dataclass

from flask import Flask, Response, flash, g, request

from webapp.core import events
from webapp.core.errors import (
    SessionEnded,
    TokenExpired,
    TokenInvalid,
    TokenMissing,
    Unauthenticated,
)
from webapp.core.stores import User
from webapp.core.tokens import AccessClaims

from . import cookies, csrf, messages
from .authorization import check_permission, is_public
from .requests import is_api, is_navigation
from .services import origin, services


@dataclass(frozen=True)
class Visitor:
    """Who is asking, for the length of one request."""

    user: User
    access: AccessClaims


def install(app: Flask) -> None:
    app.before_request(authenticate)
    app.after_request(hand_over_cookies)


def authenticate() -> None:
    """Before every request: set `g.visitor`. Raises Unauthenticated, Forbidden, Unavailable."""
    g.visitor, g.grant, g.forget = None, None, False
    name_who_asks(None)
    if not is_public():
        g.visitor = identify()
        name_who_asks(g.visitor.user.id)
        check_permission(g.visitor.user)
    elif request.method == "GET" and is_navigation():
        g.visitor = greet()
    if g.visitor and not is_api():
        csrf.bind_forms(g.visitor.access.sid)


def name_who_asks(user_id: str | None) -> None:
    """For the security events of this request."""
    here = origin()
    events.context.set(events.Context(g.request_id, here.ip, here.user_agent, user_id))


def greet() -> Visitor | None:
    """A public page knows who is signed in, and tells who no longer is, and why.

    Here alone cookies are forgotten: what a protected page answers may be late, and
    what it would delete may be the cookies of a newer login. Good cookies that we
    can't read at the moment (a key not yet here, a clock gone wrong) are kept.
    """
    try:
        return identify()
    except TokenMissing:
        return None
    except Unauthenticated as refusal:
        g.forget = isinstance(refusal, (SessionEnded, TokenExpired))
        flash(messages.why_signed_out(refusal), "warning")
        return None


def identify() -> Visitor:
    bearer = bearer_token()
    if bearer is not None:
        return by_bearer(bearer)
    if is_api():
        raise TokenMissing  # a cookie proves nothing here: forms of other sites could send it
    return by_cookies()


def bearer_token() -> str | None:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
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
    with suppress(TokenInvalid, TokenExpired):
        if access := cookies.read(cookies.ACCESS):
            return believe(access)
    refresh = cookies.read(cookies.REFRESH)
    if not refresh:
        raise TokenMissing
    return renew(refresh)


def believe(access_token: str) -> Visitor:
    return Visitor(*services().sessions.confirm(access_token, services().now()))


def renew(refresh_token: str, sid: str | None = None) -> Visitor:
    grant = services().sessions.redeem(refresh_token, origin(), services().now(), sid=sid)
    g.grant = grant
    return Visitor(grant.user, grant.access)


def hand_over_cookies(response: Response) -> Response:
    """After every request, also one that failed: a renewed sign-in must reach the browser."""
    if g.get("grant"):
        cookies.remember_grant(response, g.grant)
    elif g.get("forget"):
        cookies.forget_grant(response)
    public_and_kept = "Cache-Control" in response.headers and response.status_code < 400
    if not public_and_kept or response.headers.get("Set-Cookie"):
        # Nothing personal, and no cookie, may stay in any cache (RFC 9111 section 7.3).
        response.headers["Cache-Control"] = "private, no-store"
    return response


def visitor() -> Visitor:
    """Who is asking, on a route that needs to know. Raises TokenMissing."""
    found: Visitor | None = g.get("visitor")
    if found is None:
        raise TokenMissing
    return found
