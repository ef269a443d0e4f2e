"""A good token from the future: a clock is wrong somewhere, and nobody is signed out for that."""

import pytest
from flask import Flask

from tests.support.api import Program
from tests.support.browser import Browser, set_cookies
from tests.support.clock import Clock

LEEWAY = 30


@pytest.mark.parametrize("path", ["/dashboard", "/", "/session"])
def test_a_browser_is_told_to_wait_and_keeps_its_cookies(
    browser: Browser, clock: Clock, path: str
) -> None:
    browser.sign_in()
    clock.advance(-LEEWAY - 1)
    answer = browser.get(path)
    assert answer.status_code == 503
    assert not set_cookies(answer).keys() & {"refresh_token", "access_token"}
    clock.advance(1)
    assert browser.is_in()


def test_a_program_is_told_to_wait_and_keeps_its_tokens(app: Flask, clock: Clock) -> None:
    program = Program(app)
    refresh_token = program.log_in()["refresh_token"]
    clock.advance(-LEEWAY - 1)
    assert program.call("GET", "/protected").status_code == 503
    assert program.refresh(refresh_token).status_code == 503
    clock.advance(1)
    assert program.refresh(refresh_token).status_code == 200
