"""Security headers of every response (OWASP Secure Headers Project)."""

import secrets
from collections.abc import Callable, Iterable
from time import perf_counter
from typing import TYPE_CHECKING, Any

from flask import Response, after_this_request, g

from webapp.runtime import request_id

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

Headers = list[tuple[str, str]]
OnResponse = Callable[["WSGIEnvironment", str, float], None]

CACHE_CONTROL = "Cache-Control"
CSP = "Content-Security-Policy"
POLICY = (
    "default-src 'self'; script-src 'self'{nonce}; img-src 'self' data:; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
ALWAYS = [
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "same-origin"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    (
        "Permissions-Policy",
        "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), "
        "magnetometer=(), microphone=(), midi=(), payment=(), usb=()",
    ),
]
WITHOUT_NONCE = (CSP, POLICY.format(nonce=""))
NO_STORE = (CACHE_CONTROL, "private, no-store")
USUAL = [*ALWAYS, WITHOUT_NONCE, NO_STORE]


def csp_nonce() -> str:
    """The nonce of this response; scripts without it don't run (CSP Level 3 section 2.3.1)."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(16)
        after_this_request(add_policy)
    nonce: str = g.csp_nonce
    return nonce


def add_policy(response: Response) -> Response:
    """Set the policy with the nonce, unless the view has set a policy."""
    response.headers.setdefault(CSP, POLICY.format(nonce=f" 'nonce-{csp_nonce()}'"))
    return response


class SecurityHeaders:
    """WSGI middleware: adds them to every response, those of the other middleware included.

    `on_response` gets the environment, the status and the duration in seconds. `hsts` is the value
    of Strict-Transport-Security.
    """

    def __init__(self, app: "WSGIApplication", on_response: "OnResponse", hsts: str) -> None:
        self._app = app
        self._on_response = on_response
        self._http = [(name.lower(), (name, value)) for name, value in USUAL]
        secure = ("Strict-Transport-Security", hsts)
        self._https = [*self._http, (secure[0].lower(), secure)]

    def __call__(self, environ: "WSGIEnvironment", start: "StartResponse") -> Iterable[bytes]:
        began = perf_counter()
        name = request_id.assign_request_id(environ)

        def start_with_headers(
            status: str, headers: Headers, exc_info: Any = None
        ) -> Callable[[bytes], object]:
            defaults = self._https if environ["wsgi.url_scheme"] == "https" else self._http
            add_defaults(headers, [*defaults, ("x-request-id", ("X-Request-ID", name))])
            self._on_response(environ, status, perf_counter() - began)
            return start(status, headers, exc_info)

        return self._app(environ, start_with_headers)


def add_defaults(headers: Headers, defaults: Iterable[tuple[str, tuple[str, str]]]) -> None:
    """Add each header that is absent; `defaults` has the name in lower case before each.

    A header that the view has set stays, in upper or lower case. But a response with a
    cookie may stay in no cache (RFC 9111 section 7.3).
    """
    present = {name.lower() for name, _ in headers}
    if "set-cookie" in present and "cache-control" in present:
        headers[:] = [pair for pair in headers if pair[0].lower() != "cache-control"]
        present.remove("cache-control")
    headers += [pair for name, pair in defaults if name not in present]
