"""An outage is not a logout: an honest 503 at once, cookies untouched, all well afterwards."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text

from tests.support.browser import EMAIL, PASSWORD, Browser, set_cookies
from tests.support.clock import Clock
from tests.support.servers import BUSY_SECOND, RedisServer, wait_until
from tests.support.sql import connected, gone, locked
from webapp import create_app
from webapp.store.redis.circuit_breaker import CircuitBreaker
from webapp.store.sql.models import db

SIGN_IN_COOKIES = {"refresh_token", "access_token"}


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[RedisServer]:
    """A server of this test alone, to be stopped and paused."""
    (tmp_path / "redis").mkdir()
    server = RedisServer(tmp_path / "redis").start()
    yield server
    server.stop()


@pytest.fixture
def app(environment: dict[str, str], clock: Clock, own_redis: RedisServer) -> Flask:
    return create_app(environment | {"REDIS_URL": own_redis.url}, clock)


@contextmanager
def stopped(server: RedisServer) -> Iterator[None]:
    server.stop()
    yield
    server.start()


@contextmanager
def hanging(server: RedisServer) -> Iterator[None]:
    server.pause()
    yield
    server.resume()


@pytest.mark.impatient
@pytest.mark.parametrize("outage", [stopped, hanging])
def test_when_redis_cannot_answer_a_refresh_waits_and_then_goes_on(
    browser: Browser, clock: Clock, own_redis: RedisServer, outage
) -> None:
    browser.sign_in()
    clock.advance(301)
    with outage(own_redis):
        assert_honest_outage(browser)
    wait_until(browser.is_in)


@pytest.mark.thorough("outages")
@pytest.mark.impatient
def test_when_redis_hangs_other_requests_do_not_wait(
    app: Flask, clock: Clock, own_redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    browsers = [Browser(app) for _ in range(20)]
    for browser in browsers:
        browser.sign_in()
    clock.advance(301)
    waits = []

    def trip(breaker: CircuitBreaker) -> None:
        waits.append(breaker)
        breaker._until = time.monotonic() + 60

    monkeypatch.setattr(CircuitBreaker, "trip", trip)
    with hanging(own_redis):
        statuses = {browser.get("/dashboard").status_code for browser in browsers}
    assert statuses == {503}
    assert len(waits) == 1


@pytest.mark.impatient
@pytest.mark.parametrize("outage", [stopped, hanging])
def test_when_redis_cannot_answer_a_good_access_token_is_still_accepted(
    browser: Browser, own_redis: RedisServer, outage
) -> None:
    browser.sign_in()
    with outage(own_redis):
        assert browser.is_in()


def test_when_redis_dawdles_a_refresh_only_takes_longer(
    browser: Browser, clock: Clock, own_redis: RedisServer
) -> None:
    browser.sign_in()
    clock.advance(301)
    own_redis.pause()
    wake_up = threading.Timer(0.3, own_redis.resume)
    wake_up.start()
    assert browser.is_in()
    wake_up.join()


def test_when_redis_is_down_who_logs_out_stays_out(
    browser: Browser, own_redis: RedisServer
) -> None:
    browser.sign_in()
    held = {"refresh_token": browser.refresh_token, "access_token": browser.access_token}
    with stopped(own_redis):
        assert browser.sign_out().status_code == 303
        browser.keep(held)
        assert not browser.is_in()
    browser.keep(held)
    assert not browser.is_in()


def test_when_redis_is_down_a_login_is_refused_and_nothing_is_left_behind(
    app: Flask, browser: Browser, own_redis: RedisServer, environment: dict[str, str]
) -> None:
    csrf_token = browser.csrf_token("/login")
    with stopped(own_redis):
        answer = browser.client.post(
            "/login",
            data={"csrf_token": csrf_token, "email": EMAIL, "password": PASSWORD},
            headers=browser.headers,
        )
        assert answer.status_code == 503
        assert not set_cookies(answer).keys() & SIGN_IN_COOKIES
    with connected(environment) as sql:
        assert sql.scalar(text("SELECT count(*) FROM sessions")) == 0


@pytest.mark.impatient
def test_when_sql_is_locked_refreshes_go_on_and_a_login_waits(
    app: Flask, browser: Browser, clock: Clock, environment: dict[str, str]
) -> None:
    browser.sign_in()
    clock.advance(301)
    newcomer = Browser(app)
    form = {"csrf_token": newcomer.csrf_token("/login"), "email": EMAIL, "password": PASSWORD}
    with locked(environment):
        assert browser.is_in()
        started = time.monotonic()
        answer = newcomer.client.post("/login", data=form, headers=newcomer.headers)
        assert answer.status_code == 503
        assert time.monotonic() - started < BUSY_SECOND
    newcomer.sign_in()
    assert newcomer.is_in()


def test_when_sql_is_gone_no_refresh_token_is_burnt(
    browser: Browser, clock: Clock, environment: dict[str, str], own_redis: RedisServer
) -> None:
    browser.sign_in()
    clock.advance(301)
    entries = own_redis.snapshot().keys()
    with gone(environment):
        assert_honest_outage(browser)
        assert {entry.split()[0] for entry, _ in own_redis.snapshot().values()} == {"0"}
    assert own_redis.snapshot().keys() == entries
    wait_until(browser.is_in)


def test_when_sql_is_gone_a_good_access_token_is_still_accepted(
    browser: Browser, environment: dict[str, str]
) -> None:
    browser.sign_in()
    with gone(environment):
        assert browser.fetch("/api/v1/protected", browser.access_token).status_code == 200


@pytest.mark.parametrize(("entry", "status"), [("ended logout", 401), (None, 503)])
def test_when_sql_is_gone_redis_alone_has_to_know_the_session(
    browser: Browser,
    environment: dict[str, str],
    own_redis: RedisServer,
    entry: str | None,
    status: int,
) -> None:
    browser.sign_in()
    (key,) = own_redis.snapshot()
    own_redis.client().delete(key)
    if entry:
        own_redis.client().set(key, entry)
    with gone(environment):
        assert browser.fetch("/api/v1/protected", browser.access_token).status_code == status


def test_an_outage_shows_on_public_pages_too_and_asks_for_no_new_sign_in(
    browser: Browser, clock: Clock, own_redis: RedisServer
) -> None:
    browser.sign_in()
    clock.advance(301)
    with stopped(own_redis):
        assert {browser.get(path).status_code for path in ("/", "/login", "/register")} == {503}
    wait_until(browser.is_in)


def test_when_sql_is_cut_off_after_it_has_answered_the_page_is_shown_all_the_same(
    app: Flask, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser.sign_in()

    def cut(_: object) -> None:
        raise db.engine.dialect.loaded_dbapi.OperationalError("server closed the connection")

    with app.app_context():
        monkeypatch.setattr(db.engine.dialect, "do_rollback", cut)
    for _ in range(2):
        assert browser.get("/account/sessions").status_code == 200


def test_a_login_that_met_an_outage_can_be_sent_again_and_ends_no_session_meanwhile(
    browser: Browser, own_redis: RedisServer
) -> None:
    browser.sign_in()
    form = {"csrf_token": browser.csrf_token("/account"), "email": EMAIL, "password": PASSWORD}
    with stopped(own_redis):
        assert browser.client.post("/login", data=form, headers=browser.headers).status_code == 503
    assert browser.is_in()
    assert browser.client.post("/login", data=form, headers=browser.headers).status_code == 303
    assert browser.is_in()


@pytest.mark.impatient
def test_when_sql_cannot_answer_a_logout_says_that_it_did_not_happen(
    browser: Browser, environment: dict[str, str]
) -> None:
    browser.sign_in()
    csrf_token = browser.csrf_token("/account")
    with locked(environment):
        answer = browser.client.post(
            "/logout", data={"csrf_token": csrf_token}, headers=browser.headers
        )
        assert answer.status_code == 503
        assert not set_cookies(answer).keys() & SIGN_IN_COOKIES
    assert browser.is_in()


def assert_honest_outage(browser: Browser) -> None:
    """503 with Retry-After within a second, on a page that says so, and every cookie untouched."""
    started = time.monotonic()
    answer = browser.get("/dashboard")
    assert time.monotonic() - started < BUSY_SECOND
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert not set_cookies(answer).keys() & SIGN_IN_COOKIES
    assert "You are still signed in" in answer.text


@pytest.mark.impatient
def test_a_guess_that_sql_cannot_write_down_counts_all_the_same(
    browser: Browser, environment: dict[str, str]
) -> None:
    def guess() -> int:
        return browser.post("/login", email=EMAIL, password="a guess").status_code

    assert [guess() for _ in range(9)] == [422] * 9
    with locked(environment):
        assert guess() == 422
        assert guess() == 429
