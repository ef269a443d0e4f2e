"""Another app behind a real nginx, with the very file that docs/ shows."""

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import jwt
import pytest
from flask import Flask

from tests.support.browser import EMAIL, PASSWORD
from tests.support.clock import Clock
from tests.support.https import Answer, HttpsBrowser
from tests.support.nginx import ForwardNginx
from tests.support.servers import RedisServer, serving, wait_until
from webapp import create_app

EXPIRED = 301
BOTH = {"__Host-access_token", "__Host-refresh_token"}


class OtherApp(BaseHTTPRequestHandler):
    """Knows nothing of this one: it answers with what it was sent, and sets a cookie."""

    def do_GET(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length).decode()
        answer = json.dumps(
            {"method": self.command, "path": self.path, "body": body, **dict(self.headers)}
        ).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.send_header("Set-Cookie", "basket=3; Path=/")
        self.end_headers()
        self.wfile.write(answer)

    do_POST = do_GET  # noqa: N815

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def other_app() -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), OtherApp) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


@pytest.fixture
def app(environment: dict[str, str], clock: Clock) -> Flask:
    own = {"WEBAPP_TRUSTED_PROXIES": "1", "WEBAPP_PROTECTED_PATHS": "/"}
    return create_app(environment | own, clock)


@pytest.fixture
def nginx(app: Flask, tmp_path: Path) -> Iterator[ForwardNginx]:
    with ExitStack() as stack:
        url = stack.enter_context(serving(app))
        ports = [int(url.rpartition(":")[2]), stack.enter_context(other_app())]
        nginx = ForwardNginx(tmp_path, ports).start()
        stack.callback(nginx.stop)
        yield nginx


class Browser(HttpsBrowser):
    def sign_in(self) -> None:
        form = {"email": EMAIL, "password": PASSWORD, "csrf_token": self.csrf_token("/auth/login")}
        answer = self.post("/auth/login", form)
        assert answer.status == 303, answer.text


@pytest.fixture
def browser(nginx: ForwardNginx) -> Browser:
    return Browser(nginx.host, nginx.port, nginx.certificate)


@pytest.fixture
def signed_in(browser: Browser) -> Browser:
    browser.sign_in()
    return browser


def seen(answer: Answer) -> dict[str, Any]:
    assert answer.status == 200, answer.text
    found: dict[str, Any] = json.loads(answer.text)
    return found


def names(answer: Answer) -> set[str]:
    return {line.partition("=")[0] for line in answer.headers.get_all("Set-Cookie") or []}


class TestGuest:
    def test_is_sent_to_the_login_page_and_back(self, browser: Browser) -> None:
        answer = browser.get("/cart?a=1&b=2")
        assert answer.status == 303
        login = answer.headers["Location"]
        assert login.endswith("/auth/login?next=/cart?a%3D1%26b%3D2")
        form = {"email": EMAIL, "password": PASSWORD, "next": "/cart?a=1&b=2"}
        path = "/auth/login?next=/cart?a%3D1%26b%3D2"
        answer = browser.post(path, form | {"csrf_token": browser.csrf_token(path)})
        assert answer.headers["Location"].endswith("/cart?a=1&b=2")
        assert seen(browser.get("/cart?a=1&b=2"))["path"] == "/cart?a=1&b=2"

    def test_of_a_script_gets_401(self, browser: Browser) -> None:
        headers = {"Sec-Fetch-Mode": "cors", "Accept": "application/json"}
        assert browser.get("/cart", **headers).status == 401

    @pytest.mark.parametrize("path", ["/_identity", "/auth/forward"])
    def test_can_not_ask_for_an_identity(self, signed_in: Browser, path: str) -> None:
        assert signed_in.get(path).status == 404


class TestUser:
    def test_is_named_to_the_app(self, signed_in: Browser) -> None:
        claimed = {"X-User-Email": "admin@example.com", "X-User-Role": "admin"}
        claimed |= {"X-User-Name": "Admin", "X-Session": "another"}
        found = seen(signed_in.get("/cart", **claimed))
        token = found["X-Access-Token"]
        claims = jwt.decode(token, options={"verify_signature": False})
        assert found["X-User-Id"] == claims["sub"]
        assert (found["X-User-Email"], found["X-User-Role"]) == (EMAIL, "user")
        assert found["X-Session"] == claims["sid"]
        assert "X-User-Name" not in found

    @pytest.mark.parametrize("method", ["GET", "POST"])
    def test_stays_signed_in_over_expiry(
        self, signed_in: Browser, clock: Clock, method: str
    ) -> None:
        clock.advance(EXPIRED)
        answer = (
            signed_in.get("/cart")
            if method == "GET"
            else signed_in.post("/cart", {"text": "hello"})
        )
        found = seen(answer)
        assert (found["method"], found["X-User-Email"]) == (method, EMAIL)
        assert found["body"] == ("" if method == "GET" else "text=hello")
        assert names(answer) == BOTH | {"basket"}

    def test_s_scripts_stay_signed_in_over_expiry(self, signed_in: Browser, clock: Clock) -> None:
        clock.advance(EXPIRED)
        assert names(signed_in.get("/cart", **{"Sec-Fetch-Mode": "cors"})) == BOTH | {"basket"}

    def test_sends_twenty_requests_at_once_after_expiry(
        self, signed_in: Browser, nginx: ForwardNginx, clock: Clock
    ) -> None:
        clock.advance(EXPIRED)
        tabs = [Browser(nginx.host, nginx.port, nginx.certificate) for _ in range(20)]
        for tab in tabs:
            tab.cookies = dict(signed_in.cookies)
        with ThreadPoolExecutor(20) as pool:
            answers = list(pool.map(lambda tab: tab.get("/cart"), tabs))
        assert [answer.status for answer in answers] == [200] * 20
        assert len({tab.cookies["__Host-refresh_token"] for tab in tabs}) == 1

    def test_loses_an_answer(self, signed_in: Browser, clock: Clock) -> None:
        before = dict(signed_in.cookies)
        clock.advance(EXPIRED)
        signed_in.get("/cart")
        after = signed_in.cookies["__Host-refresh_token"]
        signed_in.cookies = before
        clock.advance(3600)
        assert signed_in.get("/cart").status == 200
        assert signed_in.cookies["__Host-refresh_token"] == after

    def test_signs_out_by_a_form_of_the_other_app(self, signed_in: Browser) -> None:
        """Without a token: the browser says that the form is of this site."""
        assert signed_in.post("/auth/logout", {}, **{"Sec-Fetch-Site": "same-origin"}).status == 303
        assert signed_in.get("/cart").status == 303

    def test_of_another_site_s_page_can_change_nothing(self, signed_in: Browser) -> None:
        assert signed_in.post("/cart", {}, **{"Sec-Fetch-Site": "cross-site"}).status == 403

    def test_whose_cookies_were_copied_signs_out(
        self, signed_in: Browser, nginx: ForwardNginx
    ) -> None:
        copy = Browser(nginx.host, nginx.port, nginx.certificate)
        copy.cookies = dict(signed_in.cookies)
        assert copy.get("/cart").status == 200
        signed_in.post("/auth/logout", {"csrf_token": signed_in.csrf_token("/auth/dashboard")})
        assert copy.get("/cart").status == 303


@pytest.mark.impatient
def test_while_redis_hangs_a_good_access_token_goes_on_and_the_others_wait(
    signed_in: Browser, clock: Clock, redis_server: RedisServer
) -> None:
    with redis_server.paused():
        assert signed_in.get("/cart").status == 200
        clock.advance(EXPIRED)
        before = dict(signed_in.cookies)
        answer = signed_in.get("/cart")
    assert (answer.status, answer.headers["Retry-After"]) == (503, "2")
    assert signed_in.cookies == before
    wait_until(lambda: signed_in.get("/cart").status == 200)
