"""A page of another origin calls the API: Chromium asks first, and sends no cookies."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from flask import Flask

from tests.browser.page import Page
from tests.support.browser import EMAIL, PASSWORD
from tests.support.clock import Clock
from webapp import create_app

SIGN_IN_AND_CALL = """
const [url, email, password, done] = arguments;
(async () => {
  const login = await fetch(`${url}/api/v1/auth/login`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ email, password }),
  });
  const token = (await login.json()).data.auth.access_token;
  const headers = { Authorization: `Bearer ${token}` };
  const mine = await fetch(`${url}/api/v1/protected`, { headers });
  const bare = await fetch(`${url}/api/v1/protected`);
  return { email: (await mine.json()).data.user.email, without: bare.status };
})().then(done, (error) => done({ error: String(error) }));
"""
READ_PAGE = """
const [url, done] = arguments;
fetch(`${url}/login`).then(() => done("read"), () => done("refused"));
"""


class EmptyPage(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>Another app</title>")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def origin() -> Iterator[str]:
    """Of another app: a host and a port of its own."""
    with ThreadingHTTPServer(("127.0.0.1", 0), EmptyPage) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def app(environment: dict[str, str], clock: Clock, origin: str) -> Flask:
    return create_app(environment | {"WEBAPP_CORS_ORIGINS": origin}, clock)


def run(page: Page, script: str, *arguments: str) -> object:
    return page.driver.execute_async_script(script, *arguments)


def test_a_page_of_a_named_origin_signs_in_and_calls_the_api(
    page: Page, address: str, origin: str
) -> None:
    page.driver.get(origin)
    answer = run(page, SIGN_IN_AND_CALL, address, EMAIL, PASSWORD)
    assert answer == {"email": EMAIL, "without": 401}, json.dumps(answer)


def test_it_can_not_read_pages(page: Page, address: str, origin: str) -> None:
    page.driver.get(origin)
    assert run(page, READ_PAGE, address) == "refused"
    page.drain_logs()


def test_a_page_of_any_other_origin_can_not_call_the_api(page: Page, address: str) -> None:
    page.driver.get("data:text/html,<!doctype html><title>Evil</title>")
    answer = run(page, SIGN_IN_AND_CALL, address, EMAIL, PASSWORD)
    assert answer == {"error": "TypeError: Failed to fetch"}
    page.drain_logs()
