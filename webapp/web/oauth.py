"""The standard OAuth endpoints, over the same core, for client libraries that already exist.

RFC 6749 (token, refresh grant only), RFC 7009 (revoke), RFC 7662 (introspect).
Their errors are shaped by those standards, not by our envelope.
"""

from collections.abc import Mapping
from dataclasses import replace

from flask import Blueprint, Response, jsonify, make_response, request
from flask.typing import ResponseReturnValue

from webapp.core.claims import AccessClaims, RefreshClaims
from webapp.core.clients import Client, limiting_scope
from webapp.core.errors import (
    ClientInvalid,
    EvergreenError,
    RateLimited,
    Unauthenticated,
    Unavailable,
)

from .auth.authorization import public
from .auth.client_credentials import calling_client, client_credentials
from .auth.refresh import rate_limited_redeem
from .services import services

oauth = Blueprint("oauth", __name__, url_prefix="/oauth")


class OAuthError(EvergreenError):
    """RFC 6749 section 5.2."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@oauth.post("/token")
@public
def token() -> ResponseReturnValue:
    form = parameters("grant_type")
    if form["grant_type"] != "refresh_token":
        raise OAuthError("unsupported_grant_type", "Only refresh_token is.")
    form = parameters("grant_type", "refresh_token")
    grant = rate_limited_redeem(
        form["refresh_token"], narrowed(calling_client(form), form.get("scope", ""))
    )
    scope = {"scope": grant.access.scope} if grant.access.scope else {}
    return jsonify(
        access_token=grant.access_token,
        token_type="Bearer",  # noqa: S106 - a word of the standard
        expires_in=grant.access.exp - grant.access.iat,
        refresh_token=grant.refresh_token,
        **scope,
    )


def narrowed(client: Client, wanted: str) -> Client:
    """For this access token alone, as RFC 6749 section 6 has it. Raises OAuthError."""
    if not client.scope or not wanted.split():
        return client
    if set(wanted.split()) - set(client.scope.split()):
        raise OAuthError("invalid_scope", f"The client's scope is: {client.scope}.")
    return replace(client, scope=" ".join(wanted.split()))


@oauth.post("/revoke")
@public
def revoke() -> ResponseReturnValue:
    form = parameters("token")
    client = calling_client(form)
    services().sessions.revoke(form["token"], client.client_id, services().now())
    return "", 200


@oauth.post("/introspect")
@public
def introspect() -> ResponseReturnValue:
    """For confidential clients: a stranger could test stolen tokens here."""
    services().clients.authenticate_confidential(*client_credentials(parameters()))
    form = parameters("token")
    claims = services().token_verifier.introspect(form["token"], services().now())
    if claims is None:
        return jsonify(active=False)
    facts = {name: getattr(claims, name) for name in claims.__slots__} | {"scope": scope_of(claims)}
    settings = services().settings
    if isinstance(claims, AccessClaims):
        facts |= {"aud": settings.jwt_audience, "token_type": "Bearer"}
    else:  # valid for its client and for this app alone
        facts |= {"aud": settings.jwt_issuer}
    shown = {name: value for name, value in facts.items() if name != "scope" or value}
    return jsonify(active=True, iss=settings.jwt_issuer, **shown)


def scope_of(claims: AccessClaims | RefreshClaims) -> str:
    """Of a token of a registered client, and no more than the client has today."""
    granted = services().clients.scope_of(claims.client_id).split()
    if isinstance(claims, RefreshClaims):
        return " ".join(granted)
    limit = (limiting_scope(claims) or "").split()
    return " ".join(word for word in granted if word in limit)


def parameters(*required: str) -> Mapping[str, str]:
    """The form. Each parameter at most once (RFC 6749 section 3.2), and these not missing."""
    if any(len(values) > 1 for values in request.form.listvalues()):
        raise OAuthError("invalid_request", "A parameter is there twice.")
    for name in required:
        if not request.form.get(name):
            raise OAuthError("invalid_request", f"{name} is missing.")
    return request.form.to_dict()


@oauth.errorhandler(EvergreenError)
def refuse(error: EvergreenError) -> Response:
    if isinstance(error, (Unavailable, RateLimited)):
        status = 503 if isinstance(error, Unavailable) else 429
        response = answer(status, "temporarily_unavailable", str(error))
        response.headers["Retry-After"] = str(error.retry_after)
        return response
    if isinstance(error, ClientInvalid):
        response = answer(401, "invalid_client", str(error))
        response.headers["WWW-Authenticate"] = 'Basic realm="evergreen"'
        return response
    if isinstance(error, Unauthenticated):
        return answer(400, "invalid_grant", str(error))
    return answer(400, error.code, str(error))


def answer(status: int, code: str, description: str) -> Response:
    return make_response(jsonify(error=code, error_description=description), status)
