"""A browser over TLS that chooses the address it comes from, and keeps its cookies."""

import http.client
import re
import socket
import ssl
import urllib.parse
from http.cookies import SimpleCookie
from pathlib import Path

from .browser import CHROME, EMAIL, PASSWORD

PATIENCE = 20


class Answer:
    def __init__(self, answer: http.client.HTTPResponse) -> None:
        self.status = answer.status
        self.headers = answer.headers
        self.text = answer.read().decode(errors="replace")


class HttpsBrowser:
    """Each request has a connection of its own, so that none depends on the last one's fate."""

    def __init__(self, host: str, port: int, certificate: Path, address: str = "127.0.0.1") -> None:
        self.cookies: dict[str, str] = {}
        self._host, self._port, self._address = host, port, address
        self._tls = ssl.create_default_context(cafile=certificate)

    def get(self, path: str, **headers: str) -> Answer:
        return self._send("GET", path, b"", headers)

    def post(self, path: str, form: dict[str, str], **headers: str) -> Answer:
        known = {"Content-Type": "application/x-www-form-urlencoded"}
        return self._send("POST", path, urllib.parse.urlencode(form).encode(), known | headers)

    def sign_in(self) -> None:
        form = {"email": EMAIL, "password": PASSWORD, "csrf_token": self.csrf_token("/login")}
        answer = self.post("/login", form)
        assert answer.status == 303, answer.text

    def sign_out(self) -> None:
        answer = self.post("/logout", {"csrf_token": self.csrf_token("/dashboard")})
        assert answer.status == 303, answer.text

    def csrf_token(self, path: str) -> str:
        found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', self.get(path).text)
        assert found, f"there is no form on {path}"
        return found[1]

    def _send(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Answer:
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        known = {"User-Agent": CHROME, "Accept": "text/html", "Sec-Fetch-Mode": "navigate"}
        known |= {"Host": f"{self._host}:{self._port}"} | ({"Cookie": cookie} if cookie else {})
        connection = http.client.HTTPConnection(self._host)
        connection.sock = self.connected()
        connection.request(method, path, body or None, known | headers)
        answer = Answer(connection.getresponse())
        connection.close()
        self._keep(answer.headers.get_all("Set-Cookie") or [])
        return answer

    def connected(self) -> ssl.SSLSocket:
        source = (self._address, 0)
        plain = socket.create_connection(("127.0.0.1", self._port), PATIENCE, source)
        return self._tls.wrap_socket(plain, server_hostname=self._host)

    def _keep(self, lines: list[str]) -> None:
        for line in lines:
            ((name, cookie),) = SimpleCookie(line).items()
            if cookie["max-age"] == "0":
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = cookie.value
