"""The promise seen from outside: signed in for hours, and never a login page."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask

from tests.support.browser import FIREFOX, Browser, set_cookies
from tests.support.clock import Clock
from tests.support.servers import RedisServer

EXPIRED = 301


@pytest.fixture
def signed_in(browser: Browser) -> Browser:
    browser.sign_in()
    return browser


def test_the_next_click_after_expiry_works_and_renews_both_cookies(
    signed_in: Browser, clock: Clock
) -> None:
    before = signed_in.refresh_token, signed_in.access_token
    clock.advance(EXPIRED)
    answer = signed_in.get("/dashboard")
    assert answer.status_code == 200
    assert set_cookies(answer).keys() >= {"refresh_token", "access_token"}
    assert signed_in.refresh_token != before[0]
    assert signed_in.access_token != before[1]


def test_a_day_of_work_never_sees_a_login_page(signed_in: Browser, clock: Clock) -> None:
    for _ in range(24 * 4):
        clock.advance(900)
        assert signed_in.is_in()


def test_a_form_sent_with_an_expired_token_is_carried_out_once_with_its_body(
    signed_in: Browser, clock: Clock
) -> None:
    token = signed_in.csrf_token("/account")
    clock.advance(EXPIRED)
    answer = signed_in.client.post(
        "/account",
        data={"csrf_token": token, "name": "Countess", "email": "ada@example.com"},
        headers=signed_in.headers,
    )
    assert answer.status_code == 303
    assert answer.location == "/account"
    assert 'value="Countess"' in signed_in.get("/account").text


def test_forty_parallel_requests_cause_one_rotation_and_one_successor(
    app: Flask, signed_in: Browser, clock: Clock, redis_server: RedisServer
) -> None:
    clock.advance(EXPIRED)
    tabs = [Browser(app) for _ in range(40)]
    for tab in tabs:
        tab.keep({"refresh_token": signed_in.refresh_token, "access_token": signed_in.access_token})
    with ThreadPoolExecutor(40) as pool:
        answers = list(pool.map(lambda tab: tab.get("/dashboard"), tabs))
    assert {answer.status_code for answer in answers} == {200}
    assert len({tab.refresh_token for tab in tabs}) == 1
    (entry,) = redis_server.snapshot().values()
    assert entry[0].startswith("1 ")


def test_a_scripts_expired_token_is_renewed_with_the_cookie_beside_it(
    signed_in: Browser, clock: Clock
) -> None:
    token = signed_in.access_token
    clock.advance(EXPIRED)
    answer = signed_in.fetch("/api/v1/protected", token)
    assert answer.status_code == 200
    assert set_cookies(answer).keys() >= {"refresh_token", "access_token"}


def test_a_scripts_expired_token_is_not_renewed_with_the_cookie_of_another_session(
    app: Flask, signed_in: Browser, clock: Clock
) -> None:
    other = Browser(app)
    other.sign_in()
    clock.advance(EXPIRED)
    answer = other.fetch("/api/v1/protected", signed_in.access_token)
    assert answer.status_code == 401
    assert other.is_in()


def test_the_api_takes_no_cookie_as_proof(signed_in: Browser) -> None:
    answer = signed_in.fetch("/api/v1/protected")
    assert answer.status_code == 401
    assert answer.json["error"]["code"] == "token_missing"
    assert not set_cookies(answer)


def test_a_lost_response_is_answered_with_the_same_successor_an_hour_later(
    signed_in: Browser, clock: Clock
) -> None:
    held = {"refresh_token": signed_in.refresh_token}
    clock.advance(EXPIRED)
    signed_in.get("/dashboard")
    lost = signed_in.refresh_token
    signed_in.keep(held)
    clock.advance(3600)
    assert signed_in.is_in()
    assert signed_in.refresh_token == lost
    assert signed_in.is_in()


def test_a_replay_after_the_grace_ends_this_session_only_and_tells_the_victim_why(
    app: Flask, signed_in: Browser, clock: Clock
) -> None:
    elsewhere = Browser(app, FIREFOX)
    elsewhere.sign_in()
    stolen = {"refresh_token": signed_in.refresh_token}
    clock.advance(EXPIRED)
    signed_in.get("/dashboard")
    signed_in.get("/dashboard")  # its successor is seen
    clock.advance(31)
    thief = Browser(app)
    thief.keep(stolen)
    assert not thief.is_in()
    answer = signed_in.get("/dashboard")
    assert answer.status_code == 303
    assert "a copy of your sign-in" in signed_in.get(answer.location).text
    assert elsewhere.is_in()


def test_a_silent_refresh_reaches_the_browser_even_if_the_page_is_missing(
    signed_in: Browser, clock: Clock
) -> None:
    clock.advance(EXPIRED)
    answer = signed_in.get("/no-such-page")
    assert answer.status_code == 404
    assert "refresh_token" in set_cookies(answer)


def test_icons_and_other_files_rotate_nothing(signed_in: Browser, clock: Clock) -> None:
    clock.advance(EXPIRED)
    for path in ("/favicon.ico", "/apple-touch-icon.png", "/static/favicon.svg"):
        answer = signed_in.client.get(path, headers={"Accept": "image/*", "User-Agent": "Icons/1"})
        assert "refresh_token" not in set_cookies(answer)
        answer.close()
    assert signed_in.is_in()


def test_tabs_that_a_restarted_browser_loads_at_once_can_all_send_their_forms(
    app: Flask, signed_in: Browser
) -> None:
    kept = {"refresh_token": signed_in.refresh_token}
    tabs = [Browser(app), Browser(app)]
    for tab in tabs:
        tab.keep(kept)
    first, second = (tab.csrf_token("/account") for tab in tabs)
    for token in (first, second):
        form = {"csrf_token": token, "name": "Ada", "email": "ada@example.com"}
        answer = tabs[1].client.post("/account", data=form, headers=tabs[1].headers)
        assert answer.status_code == 303
