"""A browser for tests of the app alone: cookies, forms with their CSRF token, a user agent."""

import re

from flask import Flask
from werkzeug.test import TestResponse

CHROME = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/142.0.0.0 Safari/537.36"
)
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:144.0) Gecko/20100101 Firefox/144.0"

EMAIL = "ada@example.com"
PASSWORD = "an engine of cogs and cards"


class Browser:
    def __init__(self, app: Flask, user_agent: str = CHROME) -> None:
        self.client = app.test_client()
        self.headers = {
            "User-Agent": user_agent,
            "Accept": "text/html",
            "Sec-Fetch-Mode": "navigate",
        }

    def get(self, path: str, **headers: str) -> TestResponse:
        return self.client.get(path, headers=self.headers | headers)

    def post(self, path: str, form_on: str | None = None, **data: str) -> TestResponse:
        """Send a form with the CSRF token of the page that it is on."""
        return self.client.post(
            path,
            data={"csrf_token": self.csrf_token(form_on or path), **data},
            headers=self.headers,
        )

    def post_json(self, path: str, body: object, form_on: str = "/login") -> TestResponse:
        """What a page's script sends, with the CSRF token of its page."""
        headers = {
            "User-Agent": self.headers["User-Agent"],
            "Sec-Fetch-Mode": "cors",
            "Sec-Fetch-Site": "same-origin",
            "X-In-Place": "1",
        }
        if form_on != "/login":
            headers["X-CSRFToken"] = self.csrf_token(form_on)
        return self.client.post(path, json=body, headers=headers)

    def csrf_token(self, path: str) -> str:
        found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', self.get(path).text)
        assert found, f"there is no form on {path}"
        return found[1]

    def sign_in(self, email: str = EMAIL, password: str = PASSWORD, **more: str) -> TestResponse:
        answer = self.post("/login", email=email, password=password, **more)
        assert answer.status_code == 303, answer.text
        return answer

    def sign_out(self) -> TestResponse:
        return self.post("/logout", form_on="/dashboard")

    def fetch(self, path: str, token: str | None = None) -> TestResponse:
        """What a page's script does: no navigation, a bearer token, the cookies beside it."""
        bearer = {"Authorization": f"Bearer {token}"} if token else {}
        headers = {"User-Agent": self.headers["User-Agent"], "Sec-Fetch-Mode": "cors"}
        return self.client.get(path, headers=headers | bearer)

    def is_in(self) -> bool:
        return self.get("/dashboard").status_code == 200

    def cookie(self, name: str) -> str | None:
        found = self.client.get_cookie(name)
        return found.value if found else None

    @property
    def refresh_token(self) -> str:
        return self.cookie("refresh_token") or ""

    @property
    def access_token(self) -> str:
        return self.cookie("access_token") or ""

    def keep(self, cookies: dict[str, str]) -> None:
        """Hold just these cookies, as a thief would, or a browser that missed an answer."""
        for name in ("refresh_token", "access_token"):
            self.client.delete_cookie(name)
        for name, value in cookies.items():
            self.client.set_cookie(name, value)


def set_cookies(answer: TestResponse) -> dict[str, str]:
    """Name → the whole Set-Cookie line."""
    lines = answer.headers.getlist("Set-Cookie")
    return {line.partition("=")[0]: line for line in lines}
