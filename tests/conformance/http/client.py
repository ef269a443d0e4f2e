"""A small HTTP client that stays on this machine, and sends a bounded number of requests."""

import ipaddress
import json
import socket
import ssl
import threading
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import urlsplit

from ..adapter import Aborted, Unavailable

# Seconds, and requests a run.
TIMEOUT = 10
BUDGET = 5000
# Where servers put the reason of a refusal, most exact first.
REASONS = ("error", "code", "detail", "msg", "message")


@dataclass(frozen=True)
class Response:
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def header_map(self) -> dict[str, str]:
        return {name.lower(): value for name, value in self.headers}

    def cookie_lines(self) -> dict[str, str]:
        """The name of each cookie that is set or deleted → its Set-Cookie line."""
        lines = [value for name, value in self.headers if name.lower() == "set-cookie"]
        return {line.split("=", 1)[0].strip(): line for line in lines}

    def json(self) -> Any:
        """The body, or None if it is no JSON."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    def __str__(self) -> str:
        body = self.json()
        found = [body[key] for key in REASONS if body.get(key)] if isinstance(body, dict) else []
        reason = found[0] if found else dict(self.headers).get("Location", "")
        if isinstance(reason, dict):
            reason = next((reason[key] for key in REASONS if reason.get(key)), "")
        return f"{self.status} {str(reason)[:80]}".strip()


def cookie_value(line: str) -> str | None:
    """The value of a Set-Cookie line; None if it deletes the cookie."""
    try:
        [morsel] = SimpleCookie(line).values()
    except (CookieError, ValueError):
        return line.split(";", 1)[0].split("=", 1)[1]
    is_deleted = morsel["max-age"] == "0" or "1970" in morsel["expires"] or not morsel.value
    return None if is_deleted else morsel.coded_value


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
            response = connection.getresponse()
            return Response(response.status, tuple(response.getheaders()), response.read())
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
