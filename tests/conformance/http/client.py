"""A small HTTP client that stays on this machine, and sends a bounded number of requests."""

import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Collection, Mapping
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from urllib.parse import urlsplit

from ..adapter import Aborted, Unavailable
from .response import Response

# Seconds for a whole response, requests a run, and bytes of a response.
TIMEOUT = 10
BUDGET = 5000
LARGEST = 1_000_000
PIECE = 65536


class NotAllowed(Aborted):
    """The host is not this machine, or the requests of this run are used up."""


class Client:
    """`hosts`: other hosts than this machine that may be tested."""

    def __init__(
        self, hosts: Collection[str] = (), budget: int = BUDGET, insecure: bool = False
    ) -> None:
        self._hosts = hosts
        self._left = budget
        self._tls = ssl.create_default_context()
        if insecure:
            self._tls.check_hostname = False
            self._tls.verify_mode = ssl.CERT_NONE
        self._lock = threading.Lock()
        self._checked: set[str] = set()

    def send(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None = None
    ) -> Response:
        """Raises Unavailable if there is no response, and NotAllowed. Follows no redirects."""
        parts = urlsplit(url)
        self._count(parts.hostname or "")
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection = self._connection(parts.scheme, parts.hostname or "", parts.port)
        try:
            connection.request(method, target, body, dict(headers))
            with connection.getresponse() as response:
                return Response(response.status, tuple(response.getheaders()), read(response))
        except TimeoutError:
            raise Unavailable(f"no response in {TIMEOUT} s") from None
        except (OSError, HTTPException) as error:
            raise Unavailable(f"no response: {error or type(error).__name__}") from None
        finally:
            connection.close()

    def _count(self, host: str) -> None:
        with self._lock:
            if host not in self._checked:
                require_allowed(host, self._hosts)
                self._checked.add(host)
            if not self._left:
                raise NotAllowed("the requests of this run are used up")
            self._left -= 1

    def _connection(self, scheme: str, host: str, port: int | None) -> HTTPConnection:
        if scheme == "https":
            return HTTPSConnection(host, port, timeout=TIMEOUT, context=self._tls)
        return HTTPConnection(host, port, timeout=TIMEOUT)


def read(response: HTTPResponse) -> bytes:
    """Raises Unavailable if it takes too long, or is too large."""
    deadline = time.monotonic() + TIMEOUT
    body = b""
    while piece := response.read1(PIECE):
        body += piece
        if time.monotonic() > deadline:
            raise Unavailable(f"no whole response in {TIMEOUT} s")
        if len(body) > LARGEST:
            raise Unavailable(f"a response of more than {LARGEST:,} bytes")
    return body


def require_allowed(host: str, hosts: Collection[str]) -> None:
    """Raises NotAllowed, or Unavailable for an unknown name."""
    if host in hosts:
        return
    try:
        found = {entry[4][0] for entry in socket.getaddrinfo(host, None)}
    except OSError:
        raise Unavailable(f"there is no host {host!r}") from None
    if not all(ipaddress.ip_address(address).is_loopback for address in found):
        raise NotAllowed(f"{host} is not this machine; to test it nevertheless: --host {host}")
