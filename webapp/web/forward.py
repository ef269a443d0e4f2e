"""Forward auth: `GET /forward` answers the auth subrequest of a proxy in front of another app.

nginx calls it `auth_request`, Caddy `forward_auth`, Traefik ForwardAuth. The proxy sends the
client's own headers with it. Configurations: docs/nginx-forward.conf and docs/Caddyfile.

204 names the user in headers. 401, 403 and 503 refuse. nginx passes on only the first `Set-Cookie`
of a subrequest, so the renewed cookies are also in `X-Set-Cookie-1`, `-2`, `-3`. A script in a page
must never read those: the refresh token is HttpOnly.
"""

import string
from urllib.parse import quote

from flask import Blueprint, Response, abort, request, url_for

from webapp.core.authentication import Identity
from webapp.core.errors import EvergreenError, Forbidden, Unauthenticated
from webapp.core.policy import Permission, Role

from .auth import cookies
from .auth.authentication import (
    SAFE_METHODS,
    bearer_token,
    current_identity,
    renewed_tokens,
)
from .auth.authorization import requires
from .auth.csrf import is_from_here
from .auth.destinations import leads_to_a_page, not_a_destination
from .error_handlers import challenge, status_of
from .request_info import is_navigation
from .services import services

# Of nginx, and of Caddy and Traefik: the method and the URI of the client's own request.
METHOD_HEADERS = ("X-Original-Method", "X-Forwarded-Method")
URI_HEADERS = ("X-Original-URI", "X-Forwarded-Uri")
# A header holds Latin-1 (RFC 9110 section 5.5): other letters of an e-mail are percent-encoded.
IN_HEADERS = string.punctuation.replace("%", "")

# Set by the proxy. Scripts can't send a header with this prefix (Fetch Standard, forbidden
# request-header), so a script that calls /forward itself does not have it.
PROXY_MARK = "Sec-Forward-Auth"

forward_auth = Blueprint("forward_auth", __name__)


@forward_auth.get("/forward")
@requires(Permission.OWN_ACCOUNT)
@not_a_destination
def forward() -> Response:
    """204 with the user. `?role=admin` asks for that role. Raises Forbidden."""
    role = request.args.get("role", Role.USER.value)
    if role not in set(Role):
        abort(400)
    identity = current_identity()
    require_role(identity, Role(role))
    refuse_cross_site(original(METHOD_HEADERS) or "GET")
    response = Response(status=204)
    response.headers.update(
        {
            "X-User-Id": identity.user.id,
            "X-User-Email": quote(identity.user.email, IN_HEADERS),
            "X-User-Role": identity.user.role,
            "X-Session": identity.access.sid,
            "X-Access-Token": access_token(identity),
        }
    )
    return response


@forward_auth.errorhandler(EvergreenError)
def refuse(error: EvergreenError) -> Response:
    """A status and headers. The body is for a person who sees it without a page of the proxy."""
    response = Response(f"{error}\n", status_of(error), content_type="text/plain; charset=utf-8")
    if retry_after := getattr(error, "retry_after", None):
        response.headers["Retry-After"] = str(retry_after)
    if isinstance(error, (Unauthenticated, Forbidden)):
        response.headers["WWW-Authenticate"] = challenge(error)
    if isinstance(error, Unauthenticated) and is_navigation():
        method = original(METHOD_HEADERS) or "GET"
        response.headers["X-Login-URL"] = login_url(method, original(URI_HEADERS))
    return response


@forward_auth.after_request
def number_cookies(response: Response) -> Response:
    if is_of_a_script():
        return response
    for number, cookie in enumerate(response.headers.getlist("Set-Cookie"), 1):
        response.headers[f"X-Set-Cookie-{number}"] = cookie
    return response


def is_of_a_script() -> bool:
    """Whether a script in a browser may read the response's headers."""
    mode = request.headers.get("Sec-Fetch-Mode", "navigate")
    return mode != "navigate" and PROXY_MARK not in request.headers


def original(names: tuple[str, str]) -> str:
    """The first of these headers; empty without one."""
    return next((request.headers[name] for name in names if name in request.headers), "")


def require_role(identity: Identity, role: Role) -> None:
    """Raises Forbidden. An admin may do what a user may."""
    if role is Role.ADMIN and identity.user.role != Role.ADMIN:
        raise Forbidden


def refuse_cross_site(method: str) -> None:
    """Raises Forbidden for a request of another site's page that may change something.

    A WebSocket's handshake is a GET, and its messages change something (RFC 6455 section 10.2).
    """
    unsafe = method.upper() not in SAFE_METHODS or "Sec-WebSocket-Key" in request.headers
    if unsafe and is_from_here() is False:
        raise Forbidden


def login_url(method: str, uri: str) -> str:
    """The login page, which leads back to `uri` if that is a GET of a page."""
    back = uri if method.upper() == "GET" and leads_to_a_page(uri) else None
    return url_for("pages.login", next=back)


def access_token(identity: Identity) -> str:
    """The access token of this identity: a renewed one, or the one that the client sent."""
    if grant := renewed_tokens():
        return grant.access_token
    sent = [bearer_token() or "", *cookies.read_all(cookies.ACCESS)]
    return next(token for token in sent if is_of(identity, token))


def is_of(identity: Identity, token: str) -> bool:
    claims = services().tokens.authentic_claims(token, services().now())
    return claims == identity.access
