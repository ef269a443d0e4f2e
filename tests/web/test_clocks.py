"""A good token from the future: a clock is wrong, and no user is signed out."""

import pytest
from flask import Flask

from tests.support.api import Program
from tests.support.browser import Browser, set_cookies
from tests.support.clock import Clock

LEEWAY = 30
TOKENS = {"refresh_token", "access_token"}


@pytest.fixture
def behind(browser: Browser, clock: Clock) -> Browser:
    """Signed in before the host's clock was set back."""
    browser.sign_in()
    clock.advance(-LEEWAY - 1)
    return browser


@pytest.mark.parametrize("path", ["/dashboard", "/account", "/session"])
def test_a_protected_page_asks_to_wait_and_keeps_the_cookies(
    behind: Browser, clock: Clock, path: str
) -> None:
    answer = behind.get(path)
    assert answer.status_code == 503
    assert "Retry-After" in answer.headers
    assert not set_cookies(answer).keys() & TOKENS
    clock.advance(1)
    assert behind.is_in()


@pytest.mark.parametrize("held", ["both", "access_token", "refresh_token"])
@pytest.mark.parametrize("path", ["/", "/login", "/register", "/forgot-password"])
def test_a_public_page_takes_its_visitor_for_a_guest_and_keeps_the_cookies(
    behind: Browser, clock: Clock, path: str, held: str
) -> None:
    for name in TOKENS - {held} if held != "both" else ():
        behind.client.delete_cookie(name)
    answer = behind.get(path)
    assert answer.status_code == 200
    assert 'data-testid="nav-login"' in answer.text
    assert not set_cookies(answer).keys() & TOKENS
    clock.advance(1)
    assert behind.is_in()


def test_a_page_that_is_not_there_is_a_404(behind: Browser) -> None:
    assert behind.get("/no-such-page").status_code == 404


def test_one_can_sign_in_anew(behind: Browser) -> None:
    behind.sign_in()
    assert behind.is_in()


def test_one_can_sign_out(browser: Browser, clock: Clock) -> None:
    browser.sign_in()
    form = {"csrf_token": browser.csrf_token("/dashboard")}
    clock.advance(-LEEWAY - 1)
    answer = browser.client.post("/logout", data=form, headers=browser.headers)
    assert answer.status_code == 303
    clock.advance(LEEWAY + 1)
    assert not browser.is_in()


def test_a_program_has_to_wait_and_keeps_its_tokens(app: Flask, clock: Clock) -> None:
    program = Program(app)
    refresh_token = program.log_in()["refresh_token"]
    clock.advance(-LEEWAY - 1)
    assert program.call("GET", "/protected").status_code == 503
    assert program.refresh(refresh_token).status_code == 503
    clock.advance(1)
    assert program.refresh(refresh_token).status_code == 200
