"""The endpoints for monitoring: /healthz, /readyz and /metrics.

This middleware is outside the concurrency limit: it answers when the app is full. It uses no
session and no cookie. A client that may not see the metrics gets the app's own 404.
"""

import hmac
import json
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from webapp.web.local_hosts import is_own_host

from .metrics import Metrics
from .readiness import OK, Readiness

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

JSON = "application/json"
PATHS = ("/healthz", "/readyz", "/metrics")
# Status, content type and body.
Answer = tuple[str, str, bytes]

LOOPBACK = ("127.", "::ffff:127.")
# Set by proxies: then the client is not the other end of the connection.
FORWARDED = {
    "HTTP_FORWARDED",
    "HTTP_VIA",
    "HTTP_X_FORWARDED_FOR",
    "HTTP_X_FORWARDED_HOST",
    "HTTP_X_FORWARDED_PROTO",
    "HTTP_X_REAL_IP",
}


class MonitoringEndpoints:
    """WSGI middleware. `token`, if there is one, opens the metrics from anywhere.

    Without a token only this machine may read the metrics, under one of its own host names
    (`web/local_hosts.py`).
    """

    def __init__(
        self,
        app: "WSGIApplication",
        readiness: Readiness,
        metrics: Metrics,
        token: str,
        base_url: str,
        is_stuck: Callable[[], bool],
    ) -> None:
        self._app = app
        self._readiness = readiness
        self._metrics = metrics
        self._token = token
        self._base_url = base_url
        self._is_stuck = is_stuck
        self._answers: dict[str, Callable[[], Answer]] = {
            "/healthz": self._alive,
            "/readyz": self._ready,
            "/metrics": self._metrics_response,
        }

    def __call__(self, environ: "WSGIEnvironment", start: "StartResponse") -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        answer = self._answers.get(path)
        if answer is None or not self._may_ask(path, environ):
            return self._app(environ, start)
        status, content_type, body = answer()
        headers = [("Content-Type", content_type), ("Content-Length", str(len(body)))]
        start(status, headers)
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]

    def _may_ask(self, path: str, environ: "WSGIEnvironment") -> bool:
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            return False
        if path != "/metrics":
            return True
        if self._token:
            return has_bearer_token(self._token, environ)
        return is_direct(environ) and is_own_host(environ, self._base_url)

    def _alive(self) -> Answer:
        """Asks no server: a worker must not be restarted because its database is down."""
        if self._is_stuck():
            return "503 Service Unavailable", JSON, as_json({"status": "stuck"})
        return "200 OK", JSON, as_json({"status": "alive"})

    def _ready(self) -> Answer:
        parts = self._readiness.answer()
        ready = set(parts.values()) == {OK}
        body = {"status": "ready" if ready else "not ready", **parts}
        return "200 OK" if ready else "503 Service Unavailable", JSON, as_json(body)

    def _metrics_response(self) -> Answer:
        try:
            body, content_type = self._metrics.render()
        except OSError:
            return "503 Service Unavailable", "text/plain", b"The counts can't be read.\n"
        return "200 OK", content_type, body


def is_direct(environ: "WSGIEnvironment") -> bool:
    """From this machine, and not by way of a proxy."""
    address = environ.get("REMOTE_ADDR") or ""
    local = address == "::1" or address.startswith(LOOPBACK)
    return local and FORWARDED.isdisjoint(environ)


def has_bearer_token(token: str, environ: "WSGIEnvironment") -> bool:
    scheme, _, shown = environ.get("HTTP_AUTHORIZATION", "").partition(" ")
    right = hmac.compare_digest(shown.strip().encode(), token.encode())
    return bool(token) and scheme.lower() == "bearer" and right


def as_json(facts: dict[str, str]) -> bytes:
    return json.dumps(facts).encode() + b"\n"
