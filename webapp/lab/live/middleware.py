"""Requests of browsers that look at the lab are recorded, with what happens on the way.

A middleware, so that for everybody else it is one look into a header. It writes after the answer
is made, and what can't be written is not worth an error.
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
    """WSGI middleware, inside of all others: `g` is still there when an answer is started."""

    def __init__(self, app: "WSGIApplication", trail: ExchangeLog) -> None:
        self._app = app
        self._trail = trail

    def __call__(self, environ: "WSGIEnvironment", start: "StartResponse") -> Iterable[bytes]:
        if cookies.LAB not in environ.get("HTTP_COOKIE", ""):
            return self._app(environ, start)
        seen: list[tuple[str, Exchange]] = []

        def start_and_look(
            status: str, headers: Headers, exc_info: Any = None
        ) -> Callable[[bytes], object]:
            if found := summarise(notes, int(status[:3]), headers):
                seen.append(found)
            return start(status, headers, exc_info)

        with tracing() as notes:
            answer = self._app(environ, start_and_look)
        for sid, exchange in seen:
            # Who has just waited for Redis in vain waits no second time.
            if not any(step.source == "redis" and step.result == "outage" for step in notes.steps):
                with suppress(Unavailable):
                    self._trail.add(sid, exchange)
        return answer
