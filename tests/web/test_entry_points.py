"""The fourteen failures of docs/failures, at each entry point: page, `/forward`, `Protected`."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import jwt
import pytest
from flask import Flask
from werkzeug.test import Client

from tests.support.browser import Browser
from tests.support.clock import Clock
from tests.support.servers import RedisServer, wait_until
from webapp import create_app
from webapp.protect import Protected

EXPIRED = 301
BEYOND_GRACE = 3600
IN, OUT, OUTAGE = "in", "out", "outage"
STATES = {200: IN, 204: IN, 303: OUT, 401: OUT, 503: OUTAGE}
TOKENS = ("access_token", "refresh_token")
OWN = (*TOKENS, "known_browser")


def other_app(environ: Any, start: Any) -> list[bytes]:
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    start("200 OK", [("Content-Type", "text/plain")])
    return [body]


class EntryBrowser(Browser):
    """A browser that uses one entry point."""

    def __init__(self, app: Flask, path: str) -> None:
        super().__init__(app)
        self.path = path
        self.client = Client(Protected(app, other_app))  # type: ignore[assignment]

    def ask(self) -> str:
        return STATES[self.get(self.path).status_code]

    def post_text(self) -> str:
        return self.client.post(self.path, data={"text": "hello"}, headers=self.headers).text

    def copy(self, app: Flask, *names: str) -> "EntryBrowser":
        """Another browser with these cookies."""
        other = EntryBrowser(app, self.path)
        other.keep({name: self.cookie(name) or "" for name in names or OWN})
        return other


@pytest.fixture(params=["/dashboard", "/forward", "/other"])
def browser(app: Flask, request: pytest.FixtureRequest) -> EntryBrowser:
    browser = EntryBrowser(app, request.param)
    browser.sign_in()
    assert browser.ask() == IN
    return browser


Copy = Callable[..., EntryBrowser]


@pytest.fixture
def copy(app: Flask, browser: EntryBrowser) -> Copy:
    return lambda *names: browser.copy(app, *names)


def test_expired_token(browser: EntryBrowser, clock: Clock) -> None:
    before = browser.refresh_token
    clock.advance(EXPIRED)
    assert browser.ask() == IN
    assert browser.refresh_token != before


def test_form_with_expired_token(browser: EntryBrowser, clock: Clock) -> None:
    """At `/forward` the proxy keeps the body: test_forward_nginx.py."""
    clock.advance(EXPIRED)
    if browser.path == "/other":
        assert browser.post_text() == "text=hello"
    assert browser.ask() == IN


@pytest.mark.parametrize("tabs", [20, 5], ids=["twenty-requests", "five-tabs"])
def test_parallel_requests(browser: EntryBrowser, copy: Copy, clock: Clock, tabs: int) -> None:
    clock.advance(EXPIRED)
    tabs_open = [copy() for _ in range(tabs)]
    with ThreadPoolExecutor(tabs) as pool:
        assert set(pool.map(EntryBrowser.ask, tabs_open)) == {IN}
    assert len({each.refresh_token for each in tabs_open}) == 1
    clock.advance(EXPIRED)
    assert tabs_open[0].ask() == IN


def test_lost_response(browser: EntryBrowser, copy: Copy, clock: Clock) -> None:
    clock.advance(EXPIRED)
    lost = copy()
    assert lost.ask() == IN
    clock.advance(BEYOND_GRACE)
    assert browser.ask() == IN
    assert browser.refresh_token == lost.refresh_token


def test_thief_replays(browser: EntryBrowser, copy: Copy, clock: Clock) -> None:
    thief = copy(*TOKENS)
    clock.advance(EXPIRED)
    browser.ask()
    browser.ask()
    clock.advance(BEYOND_GRACE)
    assert thief.ask() == OUT
    assert browser.ask() == OUT


def test_thief_first(browser: EntryBrowser, copy: Copy, clock: Clock) -> None:
    thief = copy(*TOKENS)
    clock.advance(EXPIRED)
    assert thief.ask() == IN
    assert browser.ask() == OUT
    assert thief.ask() == OUT


def test_redis_rolled_back(
    browser: EntryBrowser, clock: Clock, redis_server: RedisServer, copy: Copy
) -> None:
    backup = redis_server.snapshot()
    for _ in range(5):
        clock.advance(EXPIRED)
        browser.ask()
    redis_server.roll_back(backup)
    clock.advance(EXPIRED)
    assert browser.ask() == IN


def test_redis_emptied(browser: EntryBrowser, clock: Clock, redis_server: RedisServer) -> None:
    redis_server.client().flushall()
    clock.advance(EXPIRED)
    assert browser.ask() == IN


@pytest.mark.impatient
def test_redis_stopped(browser: EntryBrowser, clock: Clock, redis_server: RedisServer) -> None:
    clock.advance(EXPIRED)
    before = browser.refresh_token
    with redis_server.paused():
        assert browser.ask() == OUTAGE
    assert browser.refresh_token == before
    wait_until(lambda: browser.ask() == IN)


def test_logout_during_refresh(browser: EntryBrowser, copy: Copy, clock: Clock) -> None:
    """A second tab has got the next tokens, and signs out: the first one's are no good."""
    clock.advance(EXPIRED)
    other = copy()
    assert other.ask() == IN
    other.sign_out()
    assert browser.ask() == OUT
    clock.advance(BEYOND_GRACE)
    assert other.ask() == OUT


def test_logout_elsewhere(browser: EntryBrowser, copy: Copy) -> None:
    other = copy()
    assert other.ask() == IN
    browser.sign_out()
    assert other.ask() == OUT


def test_key_withdrawn(browser: EntryBrowser, environment: dict[str, str], clock: Clock) -> None:
    """The access key is gone; the refresh token goes on."""
    keys = f"a2:{'k' * 20}{'x' * 23}"
    app = create_app(environment | {"WEBAPP_ACCESS_TOKEN_KEYS": keys}, clock)
    assert browser.copy(app).ask() == IN


@pytest.mark.parametrize("forged", ["none", "other key"])
def test_forged_token(app: Flask, browser: EntryBrowser, forged: str) -> None:
    claims = jwt.decode(browser.access_token, options={"verify_signature": False})
    key, algorithm = (None, "none") if forged == "none" else ("k" * 32, "HS256")
    headers = {"typ": "at+jwt", "kid": "access-1"}
    token = jwt.encode(claims, key, algorithm, headers=headers)  # type: ignore[arg-type]
    thief = EntryBrowser(app, browser.path)
    thief.keep({"access_token": token})
    assert thief.ask() == OUT
    assert browser.ask() == IN
