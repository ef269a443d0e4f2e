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
# Requests whose bodies may be waited for at the same time. A server that has more threads than
# this always has one for a request that is whole already.
BODIES = 448

# Digits. No body is so long, and Python refuses to read a number of thousands of them.
TOO_LONG = 19


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
        announced = int(environ.get("CONTENT_LENGTH") or 0)
        if announced > self._max_body:
            return True  # the app refuses it unread
        # One byte more than the app accepts: then it is refused, and the rest is never read.
        body = read(environ["wsgi.input"], announced or self._max_body + 1)
        environ["wsgi.input"] = BytesIO(body)
        environ["CONTENT_LENGTH"] = str(len(body))
        environ.pop("HTTP_TRANSFER_ENCODING", None)  # it is in chunks no more
        return len(body) >= announced


def announces_body(environ: WSGIEnvironment) -> bool:
    length: str | None = environ.get("CONTENT_LENGTH")
    if length:
        return length.isdecimal() and len(length) < TOO_LONG and int(length) > 0
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
