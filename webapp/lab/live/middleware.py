"""Records the requests of browsers that have opened the lab, with their calls to the stores.

A middleware, so that requests of all other browsers cost one look into a header. It writes after
the response was made; if Redis is unavailable then, the record is dropped without an error.
"""

from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from webapp.core.errors import Unavailable
from webapp.web.auth import cookies

from .exchanges import Exchange, ExchangeLog, tracing
from .summary import Headers, summarise

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class RecordingMiddleware:
    """The innermost WSGI middleware: Flask's `g` still exists when the response starts."""

    def __init__(self, app: "WSGIApplication", trail: ExchangeLog) -> None:
        self._app = app
        self._log = trail

    def __call__(self, environ: "WSGIEnvironment", start: "StartResponse") -> Iterable[bytes]:
        if cookies.LAB not in environ.get("HTTP_COOKIE", ""):
            return self._app(environ, start)
        recorded: list[tuple[str, Exchange]] = []

        def record_and_start(
            status: str, headers: Headers, exc_info: Any = None
        ) -> Callable[[bytes], object]:
            if found := summarise(trace, int(status[:3]), headers):
                recorded.append(found)
            return start(status, headers, exc_info)

        with tracing() as trace:
            response = self._app(environ, record_and_start)
        for sid, exchange in recorded:
            # A request that ran into a timeout of Redis must not wait for a second one.
            if not any(step.source == "redis" and step.result == "outage" for step in trace.steps):
                with suppress(Unavailable):
                    self._log.add(sid, exchange)
        return response
