"""A client's end of HTTP: a connection that it keeps, and cookies as a browser keeps them."""

import http.client
import socket
import threading
import time
from dataclasses import dataclass, field
from urllib.parse import urlencode

# Seconds until a client gives up waiting.
PATIENCE = 10


@dataclass(frozen=True)
class Reply:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def cookies(self) -> list[str]:
        return self.headers.get_all("Set-Cookie") or []

    @property
    def location(self) -> str:
        return self.headers.get("Location") or ""


class Wire:
    """A connection to each of `places`, taken in turns: to a port it is kept, as by browsers; to
    a socket in the file system each is a new one, as a proxy's.
    """

    def __init__(self, places: list[int | str]) -> None:
        self._places = places
        self._turn = 0
        self._kept: dict[int | str, Connection] = {}

    def ask(
        self, method: str, path: str, headers: dict[str, str], body: str | None = None
    ) -> Reply:
        """Raises OSError, HTTPException: no answer came."""
        self._turn += 1
        place = self._places[self._turn % len(self._places)]
        kept = self._kept.pop(place, None)
        connection = kept or Connection(place)
        try:
            return self._exchange(place, connection, method, path, headers, body)
        except (OSError, http.client.HTTPException):
            # The server was just closing it. A browser repeats a GET on another connection if this
            # one was idle (RFC 9110 section 9.2.2), and a proxy repeats it in any case
            # (`proxy_next_upstream error` in docs/nginx.conf).
            repeats = kept or isinstance(place, str)
            if method != "GET" or not repeats or connection.late:
                raise
        return self._exchange(place, Connection(place), method, path, headers, body)

    def lose_answer(self, method: str, path: str, headers: dict[str, str], body: str = "") -> None:
        """Ask, and be gone before the answer comes: a reload, or a tunnel."""
        with_length = {**headers, "Content-Length": str(len(body))} if body else headers
        connection = Connection(self._places[self._turn % len(self._places)])
        connection.request(method, path, body or None, with_length)
        time.sleep(0.005)
        connection.close()

    def close(self) -> None:
        for each in self._kept.values():
            each.close()
        self._kept.clear()

    def _exchange(
        self,
        place: int | str,
        connection: "Connection",
        method: str,
        path: str,
        headers: dict[str, str],
        body: str | None,
    ) -> Reply:
        connection.late = False
        began = time.monotonic()
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            reply = Reply(answer.status, answer.headers, answer.read())
        except BaseException:
            connection.late = time.monotonic() - began > 1
            connection.close()
            raise
        if isinstance(place, int) and not answer.will_close:
            self._kept[place] = connection
        else:
            connection.close()
        return reply


class Connection(http.client.HTTPConnection):
    """To a port of this machine, or to a socket in the file system."""

    late = False

    def __init__(self, place: int | str) -> None:
        self._path = place if isinstance(place, str) else None
        port = None if isinstance(place, str) else place
        super().__init__("127.0.0.1", port, timeout=PATIENCE)

    def connect(self) -> None:
        if self._path is None:
            super().connect()
            return
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(PATIENCE)
        self.sock.connect(self._path)


@dataclass
class Jar:
    """Cookies of one site; all tabs of a browser share it."""

    cookies: dict[str, tuple[str, float]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def absorb(self, reply: Reply) -> set[str]:
        """The names of those that the answer took away."""
        gone = set()
        with self._lock:
            for line in reply.cookies:
                pair, *attributes = line.split("; ")
                name, _, value = pair.partition("=")
                ages = [each[8:] for each in attributes if each.lower().startswith("max-age=")]
                if ages and int(ages[0]) <= 0:
                    gone.add(name)
                    self.cookies.pop(name, None)
                else:
                    until = time.monotonic() + int(ages[0]) if ages else float("inf")
                    self.cookies[name] = (value, until)
        return gone

    def header(self) -> dict[str, str]:
        return cookie_header(self.values())

    def values(self) -> dict[str, str]:
        """Those that have not expired."""
        with self._lock:
            now = time.monotonic()
            return {name: value for name, (value, until) in self.cookies.items() if until > now}


def cookie_header(cookies: dict[str, str]) -> dict[str, str]:
    return {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}


def form(**fields: str) -> str:
    return urlencode(fields)


FORM = {"Content-Type": "application/x-www-form-urlencoded"}
JSON = {"Content-Type": "application/json"}
