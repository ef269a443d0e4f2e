"""Who signs in to a disabled account: only the right password learns that it is disabled."""

import pytest
from flask import Flask

from tests.conftest import services_of
from tests.support.api import Program
from tests.support.browser import EMAIL, PASSWORD, Browser
from webapp.core.models import UserChanges
from webapp.core.rate_limits import LOGIN_PER_ACCOUNT


@pytest.fixture(autouse=True)
def disabled(app: Flask) -> None:
    services = services_of(app)
    with app.app_context():
        user, _ = services.accounts.find(EMAIL)
        assert user
        services.user_admin.change(user.id, UserChanges(disabled=True), services.now())


def test_the_right_password_learns_it_on_the_page(browser: Browser) -> None:
    answer = browser.post("/login", email=EMAIL, password=PASSWORD)
    assert answer.status_code == 422
    assert "This account is disabled." in answer.text
    assert "do not match" not in answer.text


def test_the_right_password_learns_it_from_the_api(app: Flask) -> None:
    login = {"email": EMAIL, "password": PASSWORD}
    answer = Program(app).call("POST", "/auth/login", login)
    assert answer.status_code == 403
    assert answer.json["error"]["code"] == "forbidden"
    assert "disabled" in answer.json["error"]["message"]


def test_a_wrong_password_learns_nothing(app: Flask, browser: Browser) -> None:
    answers = [
        browser.post("/login", email=email, password="not that")
        for email in (EMAIL, "nobody@example.com")
    ]
    assert [answer.status_code for answer in answers] == [422, 422]
    assert "disabled." not in answers[0].text
    login = {"email": EMAIL, "password": "not that"}
    answer = Program(app).call("POST", "/auth/login", login)
    assert (answer.status_code, answer.json["error"]["code"]) == (401, "invalid_credentials")


def test_no_password_is_tried_without_end(app: Flask, browser: Browser) -> None:
    for _ in range(LOGIN_PER_ACCOUNT.amount):
        browser.post("/login", email=EMAIL, password=PASSWORD)
    assert browser.post("/login", email=EMAIL, password=PASSWORD).status_code == 429
