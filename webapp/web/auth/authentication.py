"""The hook: which identity does a request prove? `core/authentication.py` decides.

Before every request: read its credentials, decide, refresh the session if that is wanted, check
the permission and the form. The new cookies go with the response. A refusal is an error:
`error_handlers.py` makes a page or a 401 of it.
"""

import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

import flask
from flask import Flask, Response, after_this_request, g, has_request_context, request
from flask.typing import ResponseReturnValue

from webapp.core import security_events
from webapp.core.authentication import Identity, RefreshWanted
from webapp.core.errors import (
    ClockSkew,
    CookiesDiffer,
    SessionEnded,
    TokenExpired,
    TokenMissing,
    Unauthenticated,
)
from webapp.core.token_issuer import BROWSER_CLIENT, IssuedTokens
from webapp.runtime.request_id import request_id
from webapp.web import messages, saved_forms, script_forms
from webapp.web.request_info import (
    is_api,
    is_command_line_client,
    is_navigation,
    is_visit,
    this_request,
)
from webapp.web.services import client_info, services

from . import cookie_pairs, cookies, csrf, device_cookie
from .authorization import PUBLIC, check, permission_needed
from .refresh import redeem_and_count

Renewed = TypeVar("Renewed")

# Seconds. If a response comes later than this after its refresh, SQL is asked whether the session
# is still open: an invalidation may not have arrived yet. Earlier, the feed is enough.
LATE = 0.5

# Requests that change nothing, and so carry no form (RFC 9110 section 9.2.1).
SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}


def install(app: Flask) -> None:
    app.before_request(authenticate)


def authenticate() -> ResponseReturnValue | None:
    """Before every request: set `g.identity`. Raises Unauthenticated, Forbidden, Unavailable."""
    security_events.audit_context.set(set_audit_context)
    needed, method = permission_needed(), this_request().method
    if method not in SAFE_METHODS:
        script_forms.prepare()
    if needed != PUBLIC:
        g.identity = identity = identify()
        check(identity.user, identity.access, needed)
    else:
        looked_at = method == "GET" and (is_navigation() or is_command_line_client())
        g.identity = load_identity_on_public_page() if looked_at else None
    if method in SAFE_METHODS or is_api():
        return None
    if request.endpoint:
        csrf.check_form(needed == PUBLIC, sessions_of_this_browser)
        return saved_forms.send_once()
    return None


def set_audit_context() -> security_events.AuditContext:
    """The context of security events in this request; empty after it."""
    if not has_request_context():
        return security_events.AuditContext()
    here, identity = client_info(), g.get("identity")
    user_id = identity.user.id if identity else None
    device_id = device_cookie.signed_id()
    root = "" if services().settings.base_url else request.script_root
    return security_events.AuditContext(
        request_id(), here.ip, here.user_agent, user_id, device_id, root
    )


def load_identity_on_public_page() -> Identity | None:
    """The identity on a public page, or None. If a session has ended, a message says why.

    Only here both cookies are deleted: the response of a protected page may come late, and would
    delete the cookies of a newer sign-in. Good cookies that this host can't verify at the moment
    (a newer key, a wrong clock) are kept.
    """
    try:
        return identify()
    except (TokenMissing, ClockSkew):
        return None
    except Unauthenticated as refusal:
        if is_visit():
            flash_sign_out_reason(refusal)
        return None


def flash_sign_out_reason(refusal: Unauthenticated) -> None:
    if isinstance(refusal, (SessionEnded, TokenExpired, CookiesDiffer)):
        after_this_request(clear_cookies)
    messages.flash_message(messages.why_signed_out(refusal), "warning")


def identify() -> Identity:
    """Raises Unauthenticated, Unavailable."""
    if is_api():
        return decide(refresh_session, bearer_token(), (), bearer_only=True)
    return identify_browser()


def identify_browser() -> Identity:
    """The identity by the rules of pages, on any path. Raises Unauthenticated, Unavailable."""
    return decide(refresh_session, bearer_token(), cookies.read_all(cookies.ACCESS))


def bearer_token() -> str | None:
    scheme, _, token = this_request().environ.get("HTTP_AUTHORIZATION", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def decide(
    use_refresh: Callable[[str, str | None], Renewed],
    bearer: str | None,
    access_cookies: Sequence[str],
    *,
    bearer_only: bool = False,
) -> Identity | Renewed:
    """The identity, or what `use_refresh(token, sid)` makes of a refresh cookie.

    Raises Unauthenticated, Unavailable.
    """
    found = services()
    decision = found.authenticator.authenticate(
        bearer, access_cookies, read_refresh_cookies, found.now(), bearer_only=bearer_only
    )
    if isinstance(decision, RefreshWanted):
        return decision.redeem_first(use_refresh)
    if decision.from_cookie:
        cookie_pairs.require_pair(decision.access.sid)
    return decision


def read_refresh_cookies() -> list[str]:
    return cookies.read_all(cookies.REFRESH)


def refresh_session(refresh_token: str, sid: str | None) -> Identity:
    grant = redeem_and_count(refresh_token, device_cookie.browser(), sid=sid)
    set_cookies_on_response(grant)
    return Identity(grant.user, grant.access)


def set_cookies_on_response(grant: IssuedTokens) -> None:
    """Set both cookies on the response, also on an error page: they must reach the browser."""
    g.grant = grant
    after_this_request(partial(add_cookies, grant=grant, began=time.monotonic()))


def renewed_tokens() -> IssuedTokens | None:
    """The tokens that this request was given by its refresh or its sign-in."""
    grant: IssuedTokens | None = g.get("grant")
    return grant


def add_cookies(response: Response, grant: IssuedTokens, began: float) -> Response:
    """Both cookies, unless the session has ended since `began` (monotonic seconds).

    Then another tab may have signed in again, and a late response would overwrite its cookies.
    (Without the new tokens the browser keeps the old ones, which are as good as after any lost
    response.)
    """
    late = time.monotonic() - began >= LATE
    if not services().sessions.has_ended(grant.session, ask=late):
        response = cookies.set_token_cookies(response, grant)
        return device_cookie.add_device_cookie(response, grant.session.sid)
    flask.session.modified = False
    return response


def clear_cookies(response: Response) -> Response:
    return response if g.get("grant") else cookies.delete_token_cookies(response)


def sessions_of_this_browser() -> set[str]:
    """The sessions of the authentic tokens in its cookies; usually one."""
    tokens = (*cookies.read_all(cookies.REFRESH), *cookies.read_all(cookies.ACCESS))
    sessions, now = services().sessions, services().now()
    claims = [sessions.claims_ignoring_expiry(token, BROWSER_CLIENT, now) for token in tokens]
    return {each.sid for each in claims if each}


def current_identity() -> Identity:
    """The identity of this request. Raises TokenMissing."""
    found: Identity | None = g.get("identity")
    if found is None:
        raise TokenMissing
    return found
