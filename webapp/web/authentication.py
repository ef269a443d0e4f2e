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

from webapp.core.errors import (
    TokenExpired,
    TokenInvalid,
    TokenMissing,
    Unauthenticated,
    Unavailable,
)
from webapp.core.stores import User
from webapp.core.tokens import AccessClaims

from . import cookies, messages
from .authorization import STATIC, is_public
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
    """Before every request: set `g.visitor`. Raises Unauthenticated or Unavailable."""
    g.visitor, g.grant, g.forget = None, None, False
    if not is_public():
        g.visitor = identify()
    elif request.method == "GET" and request.endpoint != STATIC and not is_api():
        # A public page greets who is signed in. It asks nothing of anybody else.
        with suppress(Unauthenticated, Unavailable):
            g.visitor = identify()


def identify() -> Visitor:
    try:
        if bearer := bearer_token():
            return by_bearer(bearer)
        if is_api():
            raise TokenMissing  # a cookie proves nothing here: forms of other sites could send it
        return by_cookies()
    except Unauthenticated as refusal:
        # Only a navigation forgets: an answer to a script may be late, and the
        # cookies it would delete may be those of a newer login.
        if is_navigation() and cookies.read(cookies.REFRESH):
            g.forget = True
            flash(messages.why_signed_out(refusal), "warning")
        raise


def bearer_token() -> str | None:
    sent = request.authorization
    return sent.token if sent is not None and sent.type == "bearer" else None


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
        return renew(refresh, sid=expired.sid)


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
    if request.endpoint != STATIC:
        # Nothing personal, and no cookie, may stay in any cache (RFC 9111 section 7.3).
        response.headers["Cache-Control"] = "private, no-store"
    return response


def visitor() -> Visitor:
    """Who is asking, on a route that needs to know. Raises TokenMissing."""
    found: Visitor | None = g.get("visitor")
    if found is None:
        raise TokenMissing
    return found
