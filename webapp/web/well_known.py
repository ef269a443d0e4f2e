"""What other services need to know of this one (RFC 8615), and may keep for a while."""

from typing import Any

from flask import Blueprint, Response, jsonify, redirect, request, url_for
from flask.typing import ResponseReturnValue

from webapp.core.policy import Scope

from .auth.authorization import public
from .auth.destinations import not_a_destination
from .services import services
from .time_format import iso

# Seconds. docs/operations.md tells to wait so long before a new key signs.
MAY_BE_KEPT = 300
SECURITY_TXT_LASTS = 180 * 24 * 3600

well_known = Blueprint("well_known", __name__, url_prefix="/.well-known")


@well_known.get("/jwks.json")
@public
@not_a_destination
def jwks() -> Response:
    """RFC 7517: the public keys of access tokens; none with HS256."""
    return cacheable_json({"keys": services().access_keys.public_jwks()}, MAY_BE_KEPT)


@well_known.get("/oauth-authorization-server")
@public
@not_a_destination
def metadata() -> Response:
    """RFC 8414. The issuer is the setting; if that is an address, so start all others.

    Otherwise as WEBAPP_BASE_URL says; without it, as the request did: nothing for a cache to keep.
    """
    issuer, base_url = services().settings.jwt_issuer, services().settings.base_url
    configured = issuer if issuer.startswith(("http://", "https://")) else base_url
    base = configured or request.root_url
    methods = ["none", "client_secret_basic", "client_secret_post"]
    return cacheable_json(
        seconds=MAY_BE_KEPT if configured else 0,
        facts={
            "issuer": issuer,
            "token_endpoint": absolute_url(base, "oauth.token"),
            "revocation_endpoint": absolute_url(base, "oauth.revoke"),
            "introspection_endpoint": absolute_url(base, "oauth.introspect"),
            "jwks_uri": absolute_url(base, "well_known.jwks"),
            "scopes_supported": list(Scope),
            "grant_types_supported": ["refresh_token"],
            "response_types_supported": [],
            "token_endpoint_auth_methods_supported": methods,
            "revocation_endpoint_auth_methods_supported": methods,
            "introspection_endpoint_auth_methods_supported": methods[1:],
        },
    )


@well_known.get("/change-password")
@public
@not_a_destination
def change_password() -> ResponseReturnValue:
    """Where password managers send people (W3C, A Well-Known URL for Changing Passwords)."""
    return redirect(url_for("pages.change_password"))


@well_known.get("/security.txt")
@public
@not_a_destination
def security_txt() -> Response:
    """RFC 9116. It is not signed, so it has a contact and no policy."""
    settings = services().settings
    lines = [
        f"Contact: {settings.security_contact or settings.public_url + '/'}",
        f"Expires: {iso(services().now() + SECURITY_TXT_LASTS)}",
        "Preferred-Languages: en",
        f"Canonical: {settings.public_url}/.well-known/security.txt",
    ]
    return Response("\n".join(lines) + "\n", mimetype="text/plain")


def absolute_url(base: str, endpoint: str) -> str:
    return base.rstrip("/") + url_for(endpoint).removeprefix(request.script_root)


def cacheable_json(facts: dict[str, Any], seconds: int) -> Response:
    response = jsonify(facts)
    response.headers["Cache-Control"] = f"public, max-age={seconds}" if seconds else "no-store"
    return response
