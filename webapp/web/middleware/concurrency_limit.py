"""Concurrency limit: requests enter the app when they are complete, MAX_CONCURRENT at a time.

A server with threads gives one to each request as soon as its head is there, and a client that
sends its body a byte at a time would keep that thread. So the server has far more threads than
the app has places, and a body is waited for before a place is taken. What the app reads has
always come already: it never waits for the network.
"""

import time
from collections.abc import Callable, Iterable
from io import BytesIO
from queue import SimpleQueue
from wsgiref.types import InputStream, StartResponse, WSGIApplication, WSGIEnvironment

from webapp.core.ip import ip_key

from .body_limit import MAX_BUFFERING, BufferLimit, Peer

# Requests that are in the app at the same time: they wait for Redis and bcrypt more than they
# compute.
MAX_CONCURRENT = 16
# Seconds. No view takes this long: if all places have been held longer, the worker is stuck.
STUCK = 60.0
# The same for bodies that are waited for: their clients may be slow.
BODIES_STUCK = 600.0

# Bytes of the headers that take long to look into; the server counts all, to the same limit.
MAX_HEADERS = 16 * 1024

# Digits. No body is so long, and Python refuses to read a number of thousands of them.
TOO_LONG = 19
# Status and headers.
Refusal = tuple[str] | tuple[str, tuple[str, str]]


class ConcurrencyLimit:
    """WSGI middleware. `max_body`, in bytes, is what the app itself refuses to exceed.

    A place is given back when the app has returned, and not when its answer has been fetched: by
    then the view has run, and a client that reads slowly must not hold a place either.
    """

    def __init__(
        self,
        app: WSGIApplication,
        max_body: int,
        places: int = MAX_CONCURRENT,
        bodies: int = MAX_BUFFERING,
        *,
        has_proxy: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._app = app
        self._max_body = max_body
        # Then it is the proxy's business how long a body may take.
        self._has_proxy = has_proxy
        self._clock = clock
        # Not a semaphore: that is written in Python, and every request passes here.
        self._free: SimpleQueue[int] = SimpleQueue()
        for place in range(places):
            self._free.put(place)
        # Since when each place is held.
        self._held = [float("inf")] * places
        self._bodies = BufferLimit(bodies, clock=clock)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        get = environ.get
        if len(get("HTTP_COOKIE", "")) + len(get("HTTP_AUTHORIZATION", "")) > MAX_HEADERS:
            return refuse(start_response, "431 Request Header Fields Too Large")
        if get("CONTENT_LENGTH") or "HTTP_TRANSFER_ENCODING" in environ or is_http_2(environ):
            if refusal := self._wait_for_body(environ):
                return refuse(start_response, *refusal)
        else:
            environ["wsgi.input"] = BytesIO()
        place = self._free.get()
        self._held[place] = self._clock()
        try:
            return self._app(environ, start_response)
        finally:
            self._held[place] = float("inf")
            self._free.put(place)

    def is_stuck(self) -> bool:
        """Whether the worker is stuck and should be restarted."""
        all_held_since = max(self._held)
        return all_held_since <= self._clock() - STUCK or self._bodies.all_held_for(BODIES_STUCK)

    def _wait_for_body(self, environ: WSGIEnvironment) -> Refusal | None:
        """Put it into memory. How to answer, if the app is not to see the request."""
        source, length = environ["wsgi.input"], announced_length(environ)
        environ["wsgi.input"] = BytesIO()
        if length > self._max_body:  # the app refuses it unread
            environ["CONTENT_LENGTH"] = str(length)
            return None
        # Without a length, only some servers end the input where the body ends.
        if not length and (
            environ.get("CONTENT_LENGTH") or not environ.get("wsgi.input_terminated")
        ):
            return None
        address = ip_key(environ.get("REMOTE_ADDR") or "")
        place = self._bodies.acquire(address, None if self._has_proxy else peer_of(environ))
        if place is None:
            return "503 Service Unavailable", ("Retry-After", "10")
        try:
            # One byte more than the app accepts: then it is refused, and the rest is never read.
            body = read(source, length or self._max_body + 1)
        finally:
            self._bodies.release(place, address)
        if len(body) < length:  # it ended early: then its client has gone
            return ("400 Bad Request",)
        environ["wsgi.input"] = BytesIO(body)
        environ["CONTENT_LENGTH"] = str(len(body))
        environ.pop("HTTP_TRANSFER_ENCODING", None)  # it is in chunks no more
        return None


def is_http_2(environ: WSGIEnvironment) -> bool:
    """There nothing says beforehand whether there is a body."""
    return bool(environ.get("SERVER_PROTOCOL", "HTTP/1.1")[:6] != "HTTP/1")


def announced_length(environ: WSGIEnvironment) -> int:
    """0 if there is none, or if it is no number: then nothing is read."""
    text: str = environ.get("CONTENT_LENGTH") or ""
    if not (text.isascii() and text.isdigit()):
        return 0
    return int(text.lstrip("0")[:TOO_LONG] or 0)


def peer_of(environ: WSGIEnvironment) -> Peer | None:
    """None of a connection that has no addresses: to a socket in the file system."""
    address, port = environ.get("REMOTE_ADDR"), environ.get("SERVER_PORT", "")
    return Peer(address, int(port)) if address and port.isdecimal() else None


def read(source: InputStream, size: int) -> bytes:
    parts = []
    while size and (part := source.read(size)):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def refuse(
    start_response: StartResponse, status: str, *headers: tuple[str, str]
) -> Iterable[bytes]:
    start_response(status, [("Content-Length", "0"), *headers])
    return []
