"""Cookies: who can read them, how long they live, and where their values never appear."""

import logging
import re

import pytest
from flask import Flask

from tests.support.browser import EMAIL, PASSWORD, Browser, set_cookies
from tests.support.clock import Clock
from webapp import create_app
from webapp.core.keys import generate_secret


def test_the_refresh_cookie_is_for_the_server_alone_and_comes_with_every_request(
    browser: Browser,
) -> None:
    line = set_cookies(browser.sign_in())["refresh_token"]
    assert "HttpOnly" in line
    assert "SameSite=Lax" in line
    assert "Path=/" in line.split("; ")


def test_the_access_cookie_is_readable_by_scripts(browser: Browser) -> None:
    assert "HttpOnly" not in set_cookies(browser.sign_in())["access_token"]


@pytest.mark.parametrize("name", ["access_token", "refresh_token"])
def test_without_keep_me_signed_in_no_cookie_survives_the_browser(
    browser: Browser, clock: Clock, name: str
) -> None:
    started = set_cookies(browser.sign_in())[name]
    clock.advance(301)
    renewed = set_cookies(browser.get("/dashboard"))[name]
    for line in (started, renewed):
        assert "Max-Age" not in line
        assert "Expires" not in line


@pytest.mark.parametrize(("name", "days"), [("access_token", 300 / 86400), ("refresh_token", 30)])
def test_with_keep_me_signed_in_each_cookie_lives_as_long_as_its_token(
    browser: Browser, clock: Clock, name: str, days: float
) -> None:
    started = set_cookies(browser.sign_in(remember="y"))[name]
    clock.advance(301)
    renewed = set_cookies(browser.get("/dashboard"))[name]
    for line in (started, renewed):
        assert f"Max-Age={int(days * 86400)};" in line


@pytest.mark.parametrize("cause", ["https", "setting"])
def test_secure_cookies_carry_the_host_prefix(
    environment: dict[str, str], clock: Clock, cause: str
) -> None:
    if cause == "setting":
        environment["WEBAPP_COOKIE_SECURE"] = "true"
    browser = Browser(create_app(environment, clock))
    base = {"base_url": "https://localhost"} if cause == "https" else {}
    page = browser.client.get("/login", headers=browser.headers, **base)
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)', page.text)
    assert found
    form = {"csrf_token": found[1], "email": EMAIL, "password": PASSWORD}
    answer = browser.client.post("/login", data=form, headers=browser.headers, **base)
    lines = set_cookies(page) | set_cookies(answer)
    names = {"evergreen_session", "refresh_token", "access_token", "known_browser"}
    assert lines.keys() == {f"__Host-{name}" for name in names}
    assert all("; Secure;" in line and "; Path=/" in line for line in lines.values())
    assert not any("Domain" in line for line in lines.values())


def test_every_answer_that_is_not_static_stays_out_of_caches(browser: Browser) -> None:
    browser.sign_in()
    for path in ("/", "/dashboard", "/account", "/nothing-here", "/api/v1/protected"):
        assert browser.get(path).headers["Cache-Control"] == "private, no-store"


def test_no_token_appears_in_a_body_or_in_the_log(
    app: Flask, browser: Browser, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    browser.sign_in()
    bodies = []
    for _ in range(3):
        clock.advance(301)
        bodies += [browser.get(path).text for path in ("/", "/dashboard", "/account", "/nope")]
        for secret in (browser.refresh_token, browser.access_token):
            assert secret
            assert not any(secret in body for body in bodies)
            assert secret not in caplog.text


@pytest.mark.parametrize(
    "kind", [{"Sec-Fetch-Mode": "cors"}, {"Sec-Fetch-Mode": "no-cors"}, {"Accept": "*/*"}]
)
def test_a_script_or_image_never_deletes_the_cookies(
    app: Flask, browser: Browser, kind: dict[str, str]
) -> None:
    end_elsewhere(app, browser)
    for path in ("/dashboard", "/", "/login"):
        answer = browser.client.get(path, headers=kind)
        assert not set_cookies(answer).keys() & {"refresh_token", "access_token"}


def test_only_the_page_that_says_why_deletes_the_cookies(app: Flask, browser: Browser) -> None:
    end_elsewhere(app, browser)
    answer = browser.get("/account")
    assert not set_cookies(answer).keys() & {"refresh_token", "access_token"}
    page = browser.get(answer.location)
    assert "signed out" in page.text
    assert "Max-Age=0" in set_cookies(page)["refresh_token"]
    assert "Max-Age=0" in set_cookies(page)["access_token"]


def test_tokens_that_a_host_has_no_key_for_are_kept_for_later(
    browser: Browser, environment: dict[str, str], clock: Clock
) -> None:
    """Another host signs with a key that has not come here yet."""
    browser.sign_in()
    kinds = ("ACCESS", "REFRESH")
    keys = {f"WEBAPP_{kind}_TOKEN_KEYS": f"other:{generate_secret()}" for kind in kinds}
    here = Browser(create_app(environment | keys, clock))
    here.keep({"refresh_token": browser.refresh_token, "access_token": browser.access_token})
    page = here.get(here.get("/dashboard").location)
    assert page.status_code == 200
    assert "refresh_token" not in set_cookies(page)


def test_a_wrong_clock_is_an_outage_and_keeps_the_cookies(browser: Browser, clock: Clock) -> None:
    browser.sign_in()
    clock.advance(-3600)
    answer = browser.get("/dashboard")
    assert answer.status_code == 503
    assert "Set-Cookie" not in answer.headers
    clock.advance(3600)
    assert browser.is_in()


def end_elsewhere(app: Flask, browser: Browser) -> None:
    browser.sign_in()
    twin = Browser(app)
    twin.keep({"refresh_token": browser.refresh_token, "access_token": browser.access_token})
    assert twin.sign_out().status_code == 303
