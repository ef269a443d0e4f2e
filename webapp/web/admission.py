"""Who may enter the app: a request that has arrived whole, and only so many at a time.

A server with threads gives one to each request as soon as its head is there, and a client that
sends its body a byte at a time would keep that thread. So the server has far more threads than
the app has places, and a body is waited for before a place is taken.
"""

import threading
from collections.abc import Iterable
from io import BytesIO
from queue import SimpleQueue
from wsgiref.types import InputStream, StartResponse, WSGIApplication, WSGIEnvironment

# Requests that are in the app at the same time: they wait for Redis and bcrypt more than they
# compute.
PLACES = 16
# Requests whose bodies may be waited for at the same time.
BODIES = 448
# The server's threads: what bodies leave of them is for requests that are whole already.
THREADS = 512


class Admission:
    """WSGI middleware. `max_body`, in bytes, is what the app itself refuses to exceed.

    A place is given back when the app has returned, and not when its answer has been fetched: by
    then the view has run, and a client that reads slowly must not hold a place either.
    """

    def __init__(
        self, app: WSGIApplication, max_body: int, places: int = PLACES, bodies: int = BODIES
    ) -> None:
        self._app = app
        self._max_body = max_body
        # Not a semaphore: that is written in Python, and every request passes here.
        self._places: SimpleQueue[int] = SimpleQueue()
        for place in range(places):
            self._places.put(place)
        self._bodies = threading.Semaphore(bodies)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if announces_body(environ):
            if not self._bodies.acquire(blocking=False):
                return refuse(start_response, "503 Service Unavailable", ("Retry-After", "10"))
            try:
                whole = self._fetch_body(environ)
            finally:
                self._bodies.release()
            if not whole:
                return refuse(start_response, "400 Bad Request")
        place = self._places.get()
        try:
            return self._app(environ, start_response)
        finally:
            self._places.put(place)

    def _fetch_body(self, environ: WSGIEnvironment) -> bool:
        """Put it into memory; False if it ended early: then its client has gone."""
        length = environ.get("CONTENT_LENGTH")
        # One byte more than the app accepts: so it still sees that a chunked body is too large.
        size = int(length) if length else self._max_body + 1
        if length and size > self._max_body:
            return True  # the app refuses it unread
        body = read(environ["wsgi.input"], size)
        environ["wsgi.input"] = BytesIO(body)
        return not length or len(body) == size


def announces_body(environ: WSGIEnvironment) -> bool:
    length: str | None = environ.get("CONTENT_LENGTH")
    if length:
        return length != "0" and length.isdecimal()
    # Without a length, only some servers end the input where the body ends.
    return "HTTP_TRANSFER_ENCODING" in environ and bool(environ.get("wsgi.input_terminated"))


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
