"""Cross-origin requests to the JSON API: with a bearer token, never with cookies (Fetch Standard).

Only the origins of WEBAPP_CORS_ORIGINS get an answer that their pages may read. Without
`Access-Control-Allow-Credentials` a browser sends no cookies along.
"""

from flask import Flask, Response, request

from .request_info import is_api
from .services import services

METHODS = "GET, POST, PATCH, DELETE"
REQUEST_HEADERS = "Authorization, Content-Type, X-Request-ID"
RESPONSE_HEADERS = "Retry-After, WWW-Authenticate, X-Request-ID"
PREFLIGHT_TTL = 600
"""Seconds that a browser keeps the answer to a preflight request."""


def install(app: Flask) -> None:
    """Without origins nothing is installed."""
    app.before_request(answer_preflight)
    app.after_request(allow_origin)


def answer_preflight() -> Response | None:
    """A preflight request has no token, and must not meet the hook."""
    is_preflight = (
        request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers
    )
    if not is_preflight or not is_api():
        return None
    response = Response(status=204)
    if is_allowed():
        response.headers["Access-Control-Allow-Methods"] = METHODS
        response.headers["Access-Control-Allow-Headers"] = REQUEST_HEADERS
        response.headers["Access-Control-Max-Age"] = str(PREFLIGHT_TTL)
    return response


def allow_origin(response: Response) -> Response:
    """Also on errors: a script has to read their code."""
    if is_api():
        response.vary.add("Origin")
        if is_allowed():
            response.headers["Access-Control-Allow-Origin"] = request.headers["Origin"]
            response.headers["Access-Control-Expose-Headers"] = RESPONSE_HEADERS
    return response


def is_allowed() -> bool:
    return request.headers.get("Origin") in services().settings.cors_origins
