"""A browser that signs in by the form, and WSGI requests that repeat one of its requests."""

import io
import re
import sys
from typing import Any
from wsgiref.types import WSGIApplication

from flask import Flask
from werkzeug.test import TestResponse

from .peers import EMAIL, PASSWORD

USER_AGENT = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/142.0.0.0 Safari/537.36"
)
HEADERS = {"User-Agent": USER_AGENT, "Accept": "text/html", "Sec-Fetch-Mode": "navigate"}

Environ = dict[str, Any]


class Client:
    def __init__(self, app: Flask) -> None:
        self._client = app.test_client()

    def get(self, path: str) -> TestResponse:
        return self._client.get(path, headers=HEADERS)

    def sign_in(self, email: str = EMAIL) -> "Client":
        response = self.submit("/login", form_on="/login", email=email, password=PASSWORD)
        if response.status_code not in (204, 302, 303):
            raise RuntimeError(f"/login answers {response.status}")
        return self

    def sign_out(self) -> None:
        self.submit("/logout", form_on="/account")

    def submit(self, path: str, form_on: str, **fields: str) -> TestResponse:
        """Submit a form, with the CSRF token of the page `form_on` if that page has one."""
        found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', self.get(form_on).text)
        token = {"csrf_token": found[1]} if found else {}
        double_submit = self._client.get_cookie("csrf_access_token")  # Flask-JWT-Extended's
        header = {"X-CSRF-TOKEN": double_submit.value} if double_submit else {}
        return self._client.post(path, data={**token, **fields}, headers=HEADERS | header)

    @property
    def cookies(self) -> dict[str, str]:
        jar = self._client._cookies or {}
        return {each.key: each.value for each in jar.values() if each.path == "/"}


def cookie_header(cookies: dict[str, str]) -> str:
    return "; ".join(f"{name}={value}" for name, value in cookies.items())


def request(path: str, cookies: dict[str, str], method: str = "GET", **more: Any) -> Environ:
    """The WSGI environment of a browser's request."""
    return {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "SCRIPT_NAME": "",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "5000",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": "localhost:5000",
        "HTTP_USER_AGENT": USER_AGENT,
        "HTTP_ACCEPT": "text/html",
        "HTTP_SEC_FETCH_MODE": "navigate",
        "HTTP_COOKIE": cookie_header(cookies),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        **more,
    }


class Response:
    """The response of a WSGI app to one request, read to its end."""

    def __init__(self, app: WSGIApplication, environ: Environ) -> None:
        parts = app(dict(environ), self._start)
        self.body = b"".join(parts)
        if close := getattr(parts, "close", None):
            close()

    def _start(self, status: str, headers: list[tuple[str, str]], *_: object) -> Any:
        self.status, self.headers = status, headers

    def set_cookies(self) -> dict[str, str]:
        """The cookies that the response sets, by name."""
        lines = [value for name, value in self.headers if name == "Set-Cookie"]
        return {line.partition("=")[0]: line.partition("=")[2].split(";")[0] for line in lines}
