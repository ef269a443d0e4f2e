"""A person gets a page in plain words, a program gets JSON, and both get the request's name."""

import re

import pytest
from flask import Flask

from tests.support.browser import EMAIL, PASSWORD, Browser
from webapp.core.accounts import Accounts
from webapp.core.errors import Unavailable
from webapp.core.session_status import SessionStatus


@pytest.mark.parametrize("status", [400, 403, 404, 405, 413, 415, 422, 429, 500, 503])
def test_every_error_has_a_page(failing: Browser, status: int) -> None:
    answer = failing.get(f"/fail/{status}")
    assert answer.status_code == status
    assert f'data-testid="error-code">{status}<' in answer.text
    assert answer.headers["X-Request-ID"] in answer.text
    assert "Traceback" not in answer.text


@pytest.mark.parametrize(
    ("status", "code"),
    [(400, "bad_request"), (404, "not_found"), (429, "rate_limited"), (500, "internal_error")],
)
def test_every_error_is_json_in_the_api(failing: Browser, status: int, code: str) -> None:
    answer = failing.get(f"/api/v1/fail/{status}")
    assert answer.status_code == status
    assert answer.json["status"] == status
    assert answer.json["error"]["code"] == code
    assert answer.json["requestId"] == answer.headers["X-Request-ID"]


def test_an_unknown_address_under_the_api_is_json_too(browser: Browser) -> None:
    """With the text that the table of the API's page has for this code."""
    error = browser.get("/api/v1/nothing").json["error"]
    assert error["code"] == "not_found"
    row = re.search(r"<code>not_found</code></th>\s*<td>([^<]+)", browser.get("/api/docs").text)
    assert row
    assert error["message"] == row[1]


def test_a_page_that_is_not_there_offers_ways_out(browser: Browser) -> None:
    assert ways_out(browser) == {"/", "/login"}
    browser.sign_in()
    assert ways_out(browser) == {"/", "/dashboard"}


def ways_out(browser: Browser) -> set[str]:
    actions = browser.get("/nothing").text.partition('class="actions"')[2].partition("</p>")[0]
    return set(re.findall(r'href="([^"]*)"', actions))


def test_a_body_that_is_too_large_is_refused(browser: Browser) -> None:
    answer = browser.post("/login", email="x" * 70_000, password="x")
    assert answer.status_code == 413
    browser.sign_in()
    answer = browser.post("/account", email="x" * 70_000)
    assert answer.status_code == 413


@pytest.mark.parametrize(
    ("sent", "kept"),
    [("job-7.trace_1", True), ("x" * 65, False), ("a b", False), ("a\tb", False), ("", False)],
)
def test_an_inbound_request_id_is_kept_if_it_is_sane(
    browser: Browser, sent: str, kept: bool
) -> None:
    answer = browser.get("/", **{"X-Request-ID": sent})
    assert (answer.headers["X-Request-ID"] == sent) is kept


def test_a_401_names_its_reason_only_to_who_sent_a_token(browser: Browser) -> None:
    assert browser.fetch("/api/v1/protected").headers["WWW-Authenticate"] == (
        'Bearer realm="evergreen"'
    )
    assert (
        'error="invalid_token"'
        in (browser.fetch("/api/v1/protected", "rubbish").headers["WWW-Authenticate"])
    )


class TestOutagePage:
    """On one whose app can't reach its stores, as if they had gone this moment."""

    @pytest.fixture
    def cut_off(self, app: Flask, browser: Browser, monkeypatch: pytest.MonkeyPatch) -> Browser:
        def fail(*_: object) -> None:
            raise Unavailable

        browser.sign_in()
        monkeypatch.setattr(SessionStatus, "confirm", fail)
        monkeypatch.setattr(Accounts, "authenticate", fail)
        return browser

    def test_its_header_says_what_its_words_say(self, app: Flask, cut_off: Browser) -> None:
        page = cut_off.get("/account").text
        assert "You are still signed in" in page
        assert 'data-testid="nav-dashboard"' in page
        assert 'data-testid="nav-login"' not in page
        guest = Browser(app).post("/login", email=EMAIL, password=PASSWORD).text
        assert "You are still signed in" not in guest
        assert 'data-testid="nav-login"' in guest

    def test_without_scripts_only_a_get_is_tried_again_by_itself(self, cut_off: Browser) -> None:
        assert '<meta http-equiv="refresh"' in cut_off.get("/account").text
        form = {"csrf_token": "any", "name": "Ada L"}
        page = cut_off.client.post("/account", data=form, headers=cut_off.headers).text
        assert '<meta http-equiv="refresh"' not in page
        assert "data-retries" not in page

    def test_it_offers_to_send_a_form_again_and_shows_no_password(
        self, app: Flask, cut_off: Browser
    ) -> None:
        page = Browser(app).post("/login", email=EMAIL, password=PASSWORD, next="/account").text
        form = page[page.index('data-testid="send-again-form"') :]
        assert f'name="email" value="{EMAIL}"' in form
        assert 'name="next" value="/account"' in form
        assert 'name="csrf_token"' in form
        assert 'name="password"' in form
        assert PASSWORD not in page

    def test_a_body_that_is_too_large_does_not_break_it(self, cut_off: Browser) -> None:
        form = {"name": "x" * 70_000}
        answer = cut_off.client.post("/account", data=form, headers=cut_off.headers)
        assert answer.status_code in (413, 503)


def test_a_form_that_a_script_sends_gets_the_address_of_the_next_page(browser: Browser) -> None:
    browser.sign_in()
    form = {"csrf_token": browser.csrf_token("/account"), "name": "Ada L", "email": EMAIL}
    headers = {"X-In-Place": "1", "Sec-Fetch-Mode": "cors"}
    answer = browser.client.post("/account", data=form, headers=headers)
    assert (answer.status_code, answer.headers["X-Location"]) == (204, "/account")
    assert "Location" not in answer.headers
    assert "Saved." in browser.get("/account").text


def test_a_form_that_met_a_limit_is_not_lost(browser: Browser) -> None:
    browser.sign_in()
    typed = {"name": "Countess Ada", "email": "new@example.com", "current_password": "a wrong one"}
    answer = browser.post("/account", **typed)
    while answer.status_code != 429:
        assert answer.status_code == 422
        answer = browser.post("/account", **typed)
    assert 'name="name" value="Countess Ada"' in answer.text
    assert 'name="current_password"' in answer.text
    assert "a wrong one" not in answer.text
