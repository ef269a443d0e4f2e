"""The password was given long ago: it is asked for again, and nothing in other tabs is lost."""

import re

import pytest
from flask import Flask

from tests.support.browser import EMAIL, FIREFOX, PASSWORD, Browser
from tests.support.clock import Clock
from webapp.core.sessions import REAUTHENTICATION_TTL

DEVICES = "/account/sessions"
END_OTHERS = f"{DEVICES}/end-others"
FIELD = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')


@pytest.fixture
def elsewhere(app: Flask) -> Browser:
    browser = Browser(app, FIREFOX)
    browser.sign_in()
    return browser


@pytest.fixture
def stale(browser: Browser, elsewhere: Browser, clock: Clock) -> Browser:
    """A browser whose owner gave the password sixteen minutes ago."""
    browser.sign_in()
    clock.advance(16 * 60)
    return browser


def test_a_password_of_a_short_while_ago_is_not_asked_for_again(
    browser: Browser, elsewhere: Browser, clock: Clock
) -> None:
    browser.sign_in()
    clock.advance(REAUTHENTICATION_TTL)
    assert browser.post(END_OTHERS, form_on=DEVICES).status_code == 303
    assert not elsewhere.is_in()


def test_an_old_proof_asks_for_the_password_and_nothing_has_happened_yet(
    stale: Browser, elsewhere: Browser
) -> None:
    answer = stale.post(END_OTHERS, form_on=DEVICES)
    assert answer.status_code == 200
    assert "Sign out everywhere else?" in answer.text
    assert 'data-testid="current-password"' in answer.text
    assert 'data-testid="error-current-password"' not in answer.text
    assert elsewhere.is_in()


@pytest.mark.parametrize(
    ("typed", "words"),
    [("", "Enter your password."), ("not my password at all", "That is not your password.")],
)
def test_a_wrong_password_is_refused_and_asked_for_once_more(
    stale: Browser, elsewhere: Browser, typed: str, words: str
) -> None:
    answer = stale.post(END_OTHERS, form_on=DEVICES, confirmed="yes", current_password=typed)
    assert answer.status_code == 422
    assert words in answer.text
    assert 'data-testid="current-password"' in answer.text
    assert elsewhere.is_in()


def test_the_right_one_goes_on_and_is_enough_for_a_while(
    app: Flask, stale: Browser, elsewhere: Browser
) -> None:
    asked = stale.post(END_OTHERS, form_on=DEVICES)
    fields = dict(FIELD.findall(asked.text))
    assert fields.pop("confirmed") == "yes"
    answer = stale.client.post(
        END_OTHERS,
        data=fields | {"confirmed": "yes", "current_password": PASSWORD},
        headers=stale.headers,
    )
    assert (answer.status_code, answer.location) == (303, DEVICES)
    assert not elsewhere.is_in()
    elsewhere.sign_in()
    assert stale.post(END_OTHERS, form_on=DEVICES).status_code == 303
    assert not elsewhere.is_in()


def test_the_proof_is_this_sessions_alone(stale: Browser, app: Flask) -> None:
    Browser(app).sign_in()
    assert stale.post(END_OTHERS, form_on=DEVICES).status_code == 200


def test_guesses_there_are_counted(stale: Browser, elsewhere: Browser) -> None:
    guess = {"form_on": DEVICES, "confirmed": "yes", "current_password": "a wrong one"}
    answers = [stale.post(END_OTHERS, **guess).status_code for _ in range(31)]
    assert answers == [422] * 30 + [429]
    assert elsewhere.is_in()


def test_a_form_that_was_open_in_another_tab_still_works_afterwards(stale: Browser) -> None:
    opened_before = stale.csrf_token("/account")
    stale.post(END_OTHERS, form_on=DEVICES, confirmed="yes", current_password=PASSWORD)
    form = {"csrf_token": opened_before, "name": "Ada L", "email": EMAIL}
    answer = stale.client.post("/account", data=form, headers=stale.headers)
    assert answer.status_code == 303
    assert 'value="Ada L"' in stale.get("/account").text
