"""A renewal whose answer comes after the end of its session: a newer sign-in's cookies stay."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests.conftest import services_of
from tests.support.browser import EMAIL, PASSWORD, Browser, set_cookies
from tests.support.clock import Clock
from tests.support.servers import wait_until
from webapp import create_app
from webapp.core.end_reasons import EndReason
from webapp.core.models import Session, UserChanges
from webapp.core.policy import Permission
from webapp.core.security_events import EventKind
from webapp.store.sql.sessions import SqlSessions
from webapp.web.auth import authentication
from webapp.web.auth.authorization import requires

COOKIES = {"refresh_token", "access_token", "evergreen_session"}
OTHER = "grace@example.com"
Slow = Callable[[Callable[[], object]], TestResponse]


@pytest.fixture
def slow(app: Flask, browser: Browser, clock: Clock) -> Slow:
    """Ada's request is renewed, and something happens before it is answered."""
    meanwhile: list[Callable[[], object]] = []

    @app.get("/slow")
    @requires(Permission.OWN_ACCOUNT)
    def answer() -> str:
        with ThreadPoolExecutor(1) as elsewhere:
            elsewhere.submit(meanwhile[0]).result()
        return "done"

    browser.sign_in()

    def send(happening: Callable[[], object]) -> TestResponse:
        meanwhile.append(happening)
        clock.advance(301)
        return browser.get("/slow")

    return send


@pytest.fixture
def other_tab(app: Flask, browser: Browser) -> Browser:
    """The same cookie jar; what it does, another tab does."""
    tab = Browser(app)
    tab.client._cookies = browser.client._cookies
    return tab


def test_after_signing_out_and_in_as_another_the_newer_cookies_stay(
    app: Flask, browser: Browser, other_tab: Browser, slow: Slow, clock: Clock
) -> None:
    with app.app_context():
        services_of(app).accounts.register(OTHER, PASSWORD, now=clock())

    def switch() -> None:
        assert other_tab.post("/logout", form_on="/account").status_code == 303
        other_tab.sign_in(OTHER)

    answer = slow(switch)
    assert answer.status_code == 200
    assert not set_cookies(answer).keys() & COOKIES
    assert OTHER in browser.get("/dashboard").text


@pytest.mark.parametrize("end", ["elsewhere", "password", "disabled", "deleted"])
def test_whatever_ended_it(app: Flask, slow: Slow, clock: Clock, end: str) -> None:
    services = services_of(app)
    with app.app_context():
        user, hashed = services.accounts.find(EMAIL)
    assert user
    assert hashed
    ends: dict[str, Callable[[], object]] = {
        "elsewhere": lambda: services.devices.end_all(user.id, EndReason.ENDED_ELSEWHERE, clock()),
        "password": lambda: services.accounts.set_password(
            user, hashed, "a whole new woollen jumper", EventKind.PASSWORD_RESET, clock()
        ),
        "disabled": lambda: services.user_admin.change(
            user.id, UserChanges(disabled=True), clock()
        ),
        "deleted": lambda: services.user_admin.remove(user.id, clock()),
    }

    def happening() -> None:
        with app.app_context():
            ends[end]()

    assert not set_cookies(slow(happening)).keys() & COOKIES


def test_an_end_by_another_worker_is_known(
    app: Flask, browser: Browser, environment: dict[str, str], slow: Slow, clock: Clock
) -> None:
    elsewhere = Browser(create_app(environment, clock))
    feed = services_of(app).feed
    claims = services_of(app).tokens.authentic_claims(browser.refresh_token, clock())
    assert claims
    wait_until(lambda: feed.epoch >= 0)

    def end() -> None:
        elsewhere.keep({"refresh_token": browser.refresh_token})
        elsewhere.sign_out()
        wait_until(lambda: feed.is_invalidated(claims.sid, ""))

    assert not set_cookies(slow(end)).keys() & COOKIES


def test_one_that_was_not_announced_in_time_is_found_in_sql(
    app: Flask, browser: Browser, slow: Slow, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(authentication, "LATE", 0)
    claims = services_of(app).tokens.authentic_claims(browser.refresh_token, clock())
    assert claims

    def end() -> None:
        with app.app_context():
            SqlSessions().close(claims.sid, "logout", int(clock()))

    answer = slow(end)
    assert not set_cookies(answer).keys() & COOKIES


@pytest.mark.parametrize("late", [0, 60])
def test_a_session_that_goes_on_is_renewed_however_late(
    slow: Slow, monkeypatch: pytest.MonkeyPatch, late: float
) -> None:
    monkeypatch.setattr(authentication, "LATE", late)
    assert set_cookies(slow(lambda: None)).keys() >= {"refresh_token", "access_token"}


def test_the_end_of_another_session_changes_nothing(app: Flask, slow: Slow) -> None:
    other = Browser(app)
    other.sign_in()
    answer = slow(other.sign_out)
    assert set_cookies(answer).keys() >= {"refresh_token", "access_token"}


def test_a_quick_renewal_asks_sql_once(slow: Slow, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    find = SqlSessions.find

    def counted(self: SqlSessions, user_id: str, sid: str) -> tuple[object, Session | None]:
        asked.append(sid)
        return find(self, user_id, sid)

    monkeypatch.setattr(SqlSessions, "find", counted)
    monkeypatch.setattr(authentication, "LATE", 60)
    slow(lambda: None)
    assert len(asked) == 1
