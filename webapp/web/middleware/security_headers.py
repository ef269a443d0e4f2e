"""What every response tells the browser about how to treat it (OWASP Secure Headers)."""

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
WITHOUT_SCRIPTS_OF_ITS_OWN = (CSP, POLICY.format(nonce=""))
NO_STORE = (CACHE_CONTROL, "private, no-store")
USUAL = [*ALWAYS, WITHOUT_SCRIPTS_OF_ITS_OWN, NO_STORE]


def csp_nonce() -> str:
    """One for each response; scripts without it don't run (CSP Level 3 section 2.3.1)."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(16)
        after_this_request(add_policy)
    nonce: str = g.csp_nonce
    return nonce


def add_policy(response: Response) -> Response:
    """Unless the view has one of its own."""
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
        self._hsts = "Strict-Transport-Security", hsts

    def __call__(self, environ: "WSGIEnvironment", start: "StartResponse") -> Iterable[bytes]:
        began = perf_counter()
        name = request_id.assign_request_id(environ)

        def start_with_headers(
            status: str, headers: Headers, exc_info: Any = None
        ) -> Callable[[bytes], object]:
            ours = [*USUAL, ("X-Request-ID", name)]
            if environ["wsgi.url_scheme"] == "https":
                ours.append(self._hsts)
            add(ours, headers)
            self._on_response(environ, status, perf_counter() - began)
            return start(status, headers, exc_info)

        return self._app(environ, start_with_headers)


def add(ours: Headers, headers: Headers) -> None:
    """Each once: what the view has set itself stays as it is, in whatever case it is written.

    But no cookie may stay in any cache (RFC 9111 section 7.3).
    """
    present = {name.lower() for name, _ in headers}
    if "set-cookie" in present and "cache-control" in present:
        headers[:] = [pair for pair in headers if pair[0].lower() != "cache-control"]
        present.remove("cache-control")
    headers += [pair for pair in ours if pair[0].lower() not in present]
