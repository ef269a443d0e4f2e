"""A form that met the end of its session is not lost; and whether the session has ended."""

import re
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests.conftest import services_of
from tests.support.browser import EMAIL, FIREFOX, PASSWORD, Browser
from tests.support.clock import Clock
from tests.support.servers import RedisServer, wait_until
from webapp import create_app
from webapp.core.drafts import KEPT_FOR

GRACE = "grace@example.com"
TYPED = {"name": "Ada L", "email": "new@example.com", "current_password": "my secret, typed before"}


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[RedisServer]:
    """A server of this test alone, to be paused."""
    (tmp_path / "redis").mkdir()
    server = RedisServer(tmp_path / "redis").start()
    yield server
    server.stop()


def end_elsewhere(app: Flask, clock: Clock) -> None:
    elsewhere = Browser(app, FIREFOX)
    elsewhere.sign_in()
    elsewhere.post("/account/sessions/end-others", form_on="/account/sessions")


def stay_away(app: Flask, clock: Clock) -> None:
    clock.advance(13 * 3600)


def send_too_late(
    app: Flask,
    browser: Browser,
    clock: Clock,
    end: Callable[[Flask, Clock], None] = end_elsewhere,
    path: str = "/account",
    **typed: str,
) -> TestResponse:
    """Sign in, open the form, and send it once the session has ended."""
    browser.sign_in()
    csrf_token = browser.csrf_token(path)
    end(app, clock)
    form = {"csrf_token": csrf_token} | (typed or TYPED)
    answer = browser.client.post(path, data=form, headers=browser.headers)
    assert answer.status_code == 303
    return answer


def next_after(answer: TestResponse) -> str:
    return parse_qs(urlsplit(answer.location).query)["next"][0]


def fields_on(page: TestResponse) -> dict[str, str]:
    return dict(re.findall(r'<input[^>]*name="([^"]+)"[^>]*value="([^"]*)"', page.text))


@pytest.mark.parametrize("end", [end_elsewhere, stay_away])
def test_its_owner_gets_the_form_back_once_and_may_change_and_send_it(
    app: Flask, browser: Browser, clock: Clock, end: Callable[[Flask, Clock], None]
) -> None:
    back = next_after(send_too_late(app, browser, clock, end))
    assert back.startswith("/continue/")
    assert browser.sign_in(next=back).location == back
    page = browser.get(back)
    assert 'action="/account"' in page.text
    assert "Passwords were not kept" in page.text
    fields = fields_on(page)
    assert {name for name in fields if name != "csrf_token"} == {"name", "email"}
    assert (fields["name"], fields["email"]) == ("Ada L", "new@example.com")
    assert 'value="Ada"' in browser.get("/account").text
    sent = fields | {"name": "Ada Lovelace", "email": EMAIL}
    assert browser.client.post("/account", data=sent, headers=browser.headers).status_code == 303
    assert 'value="Ada Lovelace"' in browser.get("/account").text
    assert browser.get(back).location == "/dashboard"


def test_no_password_is_kept_and_nothing_for_long(
    app: Flask, browser: Browser, clock: Clock, redis_server: RedisServer
) -> None:
    secret = {"current_password": "my secret, typed before", "new_password": "my secret, too"}
    send_too_late(app, browser, clock, path="/account/password", **secret)
    client = redis_server.client()
    (key,) = client.keys("draft:*")
    assert "my secret" not in client.get(key)
    assert 0 < client.ttl(key) <= KEPT_FOR


def test_nobody_else_gets_it_and_its_owner_still_does(
    app: Flask, browser: Browser, clock: Clock
) -> None:
    with app.app_context():
        services_of(app).accounts.register(GRACE, PASSWORD, name="Grace", now=0)
    back = next_after(send_too_late(app, browser, clock))
    assert browser.get(back).location == f"/login?next={back}"
    browser.sign_in(GRACE, next=back)
    answer = browser.get(back)
    assert (answer.status_code, answer.location) == (303, "/dashboard")
    assert "Ada L" not in answer.text
    browser.sign_out()
    browser.sign_in()
    assert fields_on(browser.get(back))["name"] == "Ada L"


@pytest.mark.parametrize("token", ["", "forged", "of another session"])
def test_a_form_that_no_page_of_the_session_has_made_is_not_kept(
    app: Flask, browser: Browser, redis_server: RedisServer, clock: Clock, token: str
) -> None:
    if token == "of another session":
        other = Browser(app)
        other.sign_in()
        token = other.csrf_token("/account")
    answer = send_too_late(app, browser, clock, **TYPED, csrf_token=token)
    assert next_after(answer) == "/account"
    assert redis_server.client().keys("draft:*") == []


def test_an_outage_loses_neither_the_sign_in_nor_the_form(
    environment: dict[str, str], clock: Clock, own_redis: RedisServer
) -> None:
    browser = Browser(create_app(environment | {"REDIS_URL": own_redis.url}, clock))
    browser.sign_in()
    form = {"csrf_token": browser.csrf_token("/account"), "name": "Ada L", "email": EMAIL}
    held = browser.refresh_token
    clock.advance(301)
    own_redis.pause()
    answer = browser.client.post("/account", data=form, headers=browser.headers)
    status = browser.fetch("/session")
    own_redis.resume()
    assert (answer.status_code, status.status_code) == (503, 204)
    assert "Set-Cookie" not in answer.headers
    assert browser.refresh_token == held
    send = partial(browser.client.post, "/account", data=form, headers=browser.headers)
    wait_until(lambda: send().status_code == 303)
    assert 'value="Ada L"' in browser.get("/account").text
