"""A new password ends all other sessions, those of a thief included."""

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests.support.api import Program
from tests.support.browser import EMAIL, FIREFOX, PASSWORD, Browser
from tests.support.mails import newest_mail, subjects
from webapp.core import passwords
from webapp.core.estimates import Estimates

NEW = "a whole new wool jumper"
# zxcvbn thinks about this one for long.
COSTLY = "+@h4246ge+@h4246g1+@b424611+@h42w6ga9" * 4


def change(browser: Browser, current: str = PASSWORD, new: str = NEW) -> TestResponse:
    return browser.post("/account/password", current_password=current, new_password=new)


def test_a_change_ends_all_other_sessions_and_this_one_stays(app: Flask, browser: Browser) -> None:
    elsewhere, program = Browser(app, FIREFOX), Program(app)
    elsewhere.sign_in()
    refresh_token = program.log_in()["refresh_token"]
    browser.sign_in()
    answer = change(browser)
    assert (answer.status_code, answer.location) == (303, "/account/password")
    assert "Your password is changed" in browser.get("/account/password").text
    assert browser.is_in()
    assert not elsewhere.is_in()
    assert "Your password was changed" in elsewhere.get("/login").text
    assert program.call("GET", "/auth/profile").status_code == 401
    assert program.refresh(refresh_token).status_code == 401
    assert Browser(app).post("/login", email=EMAIL, password=PASSWORD).status_code == 422
    elsewhere.sign_in(password=NEW)


def test_a_change_is_mailed_with_a_way_back(app: Flask, browser: Browser) -> None:
    browser.sign_in()
    change(browser)
    assert subjects(app, EMAIL) == ["Your password was changed"]
    mail = newest_mail(app, EMAIL)
    assert mail.links[0].endswith("/forgot-password")
    assert "Chrome 142 on Linux, 127.0.0.1" in mail.text
    assert NEW not in mail.text


# Current and new password → the error.
REFUSED = [
    ("not my password at all", NEW, "That is not your password."),
    ("", NEW, "Enter your current password."),
    (PASSWORD, "", "Choose a new password."),
    (PASSWORD, "too short", "Use at least 15 characters"),
    (PASSWORD, PASSWORD, "This was your password before."),
    ("not my password at all", "too short", "That is not your password."),
    ("not my password at all", "too short", "Use at least 15 characters"),
    (PASSWORD, EMAIL, "little more than your e-mail"),
    (PASSWORD, "evergreenevergreen", "little more than your e-mail"),
]


def test_without_the_current_password_or_with_a_weak_new_one_nothing_changes(
    app: Flask, browser: Browser
) -> None:
    elsewhere = Browser(app)
    elsewhere.sign_in()
    browser.sign_in()
    for current, new, complaint in REFUSED:
        answer = change(browser, current, new)
        assert answer.status_code == 422, complaint
        assert complaint in answer.text
    assert elsewhere.is_in()
    assert subjects(app, EMAIL) == ["New sign-in to your account"]
    Browser(app).sign_in()


def test_guesses_at_the_current_password_are_counted(browser: Browser) -> None:
    browser.sign_in()
    news = [NEW, "too short"] * 15 + [NEW]
    answers = [change(browser, f"guess number {at}", new) for at, new in enumerate(news)]
    assert [answer.status_code for answer in answers] == [422] * 30 + [429]


def test_the_new_password_is_no_way_to_guess_the_current_one(browser: Browser) -> None:
    browser.sign_in()
    answer = change(browser, "not my password at all", PASSWORD)
    assert "That is not your password." in answer.text
    assert "error-new-password" not in answer.text


# What the meter is sent → score, good, words.
METER: list[tuple[object, tuple[int, bool, str]]] = [
    ({"password": "too short"}, (0, False, "Use at least 15 characters")),
    ({"password": EMAIL, "email": EMAIL}, (0, False, "little more than your e-mail")),
    ({"password": "Augusta Ada King", "name": "Augusta Ada King"}, (0, False, "little more than")),
    ({"password": NEW}, (4, True, "Very hard to guess.")),
    (["no", "object"], (0, False, "Use at least 15 characters")),
    (None, (0, False, "Use at least 15 characters")),
]


def test_the_meter_tells_strangers_too_how_hard_a_password_is_to_guess(browser: Browser) -> None:
    token = browser.csrf_token("/register")
    for sent, (score, good, words) in METER:
        answer = browser.client.post(
            "/password-strength", json=sent, headers={"X-CSRFToken": token}
        )
        assert answer.status_code == 200
        assert set(answer.json) == {"score", "good", "words"}
        assert (answer.json["score"], answer.json["good"]) == (score, good), sent
        assert words in answer.json["words"]


def test_a_meter_that_is_busy_says_so_at_once(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passwords, "_estimates", Estimates(lambda: 0))
    token = {"X-CSRFToken": browser.csrf_token("/register")}
    asked = [
        browser.client.post("/password-strength", json={"password": COSTLY}, headers=token)
        for _ in range(60)
    ]
    assert {answer.status_code for answer in asked} == {200, 503}
    assert asked[-1].status_code == 503
    assert asked[-1].headers["Retry-After"] == "1"
    assert asked[-1].json == {"busy": True}


def test_the_meter_thinks_for_no_other_site(browser: Browser) -> None:
    assert browser.client.post("/password-strength", json={"password": NEW}).status_code == 400
