"""The standard OAuth endpoints, over the same core, for client libraries that already exist.

RFC 6749 (token, refresh grant only), RFC 7009 (revoke), RFC 7662 (introspect).
Their errors are shaped by those standards, not by our envelope.
"""

from collections.abc import Mapping

from flask import Blueprint, Response, jsonify, make_response, request
from flask.typing import ResponseReturnValue

from webapp.core.errors import (
    ClientInvalid,
    EvergreenError,
    RateLimited,
    Unauthenticated,
    Unavailable,
)
from webapp.core.tokens import AccessClaims

from .authorization import public
from .clients import calling_client, client_credentials
from .refreshing import redeem
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
    grant = redeem(form["refresh_token"], calling_client(form))
    return jsonify(
        access_token=grant.access_token,
        token_type="Bearer",  # noqa: S106 - a word of the standard
        expires_in=grant.access.exp - grant.access.iat,
        refresh_token=grant.refresh_token,
    )


@oauth.post("/revoke")
@public
def revoke() -> ResponseReturnValue:
    form = parameters("token")
    services().sessions.revoke(form["token"], calling_client(form), services().now())
    return "", 200


@oauth.post("/introspect")
@public
def introspect() -> ResponseReturnValue:
    """For confidential clients: a stranger could test stolen tokens here."""
    services().clients.authenticate_confidential(*client_credentials(parameters()))
    form = parameters("token")
    claims = services().sessions.inspect(form["token"], services().now())
    if claims is None:
        return jsonify(active=False)
    facts = {name: getattr(claims, name) for name in claims.__slots__}
    settings = services().settings
    if isinstance(claims, AccessClaims):
        facts |= {"aud": settings.jwt_audience, "token_type": "Bearer"}
    else:  # good for its client and for us, and for nobody else
        facts |= {"aud": settings.jwt_issuer}
    return jsonify(active=True, iss=settings.jwt_issuer, **facts)


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
