"""Registering does not reveal accounts, and the reader of the mailbox owns the address."""

import re

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests.support.api import Program
from tests.support.browser import EMAIL, PASSWORD, Browser
from tests.support.clock import Clock
from tests.support.mails import mailed_path, mails_to, newest_mail, subjects
from webapp import create_app
from webapp.web.template_context import unbroken

GRACE = "grace@example.com"
STRANGERS = "a whole new wool jumper"
CONFIRM, ALREADY = "Please confirm your e-mail address", "You already have an account"


@pytest.fixture
def careful(environment: dict[str, str], clock: Clock) -> Flask:
    """An app where an address has to be confirmed before the first sign-in."""
    return create_app(environment | {"WEBAPP_EMAIL_CONFIRMATION": "true"}, clock)


def register(
    browser: Browser, email: str, password: str = PASSWORD, name: str = "Grace"
) -> TestResponse:
    return browser.post("/register", name=name, email=email, password=password)


def sign_in(browser: Browser, email: str, password: str) -> TestResponse:
    return browser.post("/login", email=email, password=password)


def comparable(answer: TestResponse, email: str) -> str:
    """A page without what differs each time, and without the address."""
    text = re.sub(r'(value|nonce)="[^"]{20,}"', "", answer.text)
    return text.replace(email, "ADDRESS")


@pytest.mark.parametrize("confirmation", ["true", "false"])
def test_the_page_answers_the_same_whether_or_not_the_address_has_an_account(
    environment: dict[str, str], clock: Clock, confirmation: str
) -> None:
    app = create_app(environment | {"WEBAPP_EMAIL_CONFIRMATION": confirmation}, clock)
    seen = []
    for email in (EMAIL, GRACE):
        browser = Browser(app)
        answer = register(browser, email)
        page = browser.get(answer.location)
        cookies = sorted(
            cookie.partition("=")[0] for cookie in answer.headers.getlist("Set-Cookie")
        )
        seen.append((answer.status_code, answer.location, comparable(answer, email), cookies))
        seen.append((page.status_code, comparable(page, email)))
    assert seen[:2] == seen[2:]
    assert subjects(app, EMAIL) == [ALREADY]
    assert subjects(app, GRACE) == [CONFIRM]


def test_the_api_answers_the_same_whether_or_not_the_address_has_an_account(
    app: Flask, program: Program
) -> None:
    seen = []
    for email in (EMAIL, GRACE):
        body = {"email": email, "password": PASSWORD, "name": "Grace"}
        answer = program.call("POST", "/auth/register", body)
        user = answer.json["data"]["user"]
        assert user.pop("email") == email
        assert re.fullmatch(r"[0-9a-f-]{36}", user.pop("id"))
        seen.append((answer.status_code, sorted(answer.json), sorted(answer.headers.keys()), user))
    assert seen[0] == seen[1]
    assert subjects(app, EMAIL) == [ALREADY]
    assert subjects(app, GRACE) == [CONFIRM]


def test_what_is_wrong_is_said_the_same_of_known_and_unknown_addresses(browser: Browser) -> None:
    answers = [register(browser, email, "too short") for email in (EMAIL, GRACE)]
    assert [answer.status_code for answer in answers] == [422, 422]
    assert comparable(answers[0], EMAIL) == comparable(answers[1], GRACE)


def test_registering_an_account_again_changes_nothing_about_it(
    app: Flask, browser: Browser
) -> None:
    register(browser, EMAIL, STRANGERS, name="Mallory")
    assert sign_in(browser, EMAIL, STRANGERS).status_code == 422
    browser.sign_in()
    assert 'value="Ada"' in browser.get("/account").text
    assert "Mallory" not in newest_mail(app, EMAIL).text


def test_until_the_address_is_confirmed_the_right_password_is_as_good_as_none(
    careful: Flask,
) -> None:
    browser = Browser(careful)
    register(browser, GRACE)
    answers = [
        sign_in(Browser(careful), email, password)
        for email, password in ((GRACE, PASSWORD), (GRACE, STRANGERS), ("x@example.com", PASSWORD))
    ]
    assert [answer.status_code for answer in answers] == [422] * 3
    assert "is not confirmed yet" in answers[0].text
    pages = {
        comparable(a, e) for a, e in zip(answers, (GRACE, GRACE, "x@example.com"), strict=True)
    }
    assert len(pages) == 1
    login = {"email": GRACE, "password": PASSWORD}
    assert Program(careful).call("POST", "/auth/login", login).status_code == 401


def test_the_confirmed_may_sign_in_but_are_not_signed_in_by_the_link(careful: Flask) -> None:
    browser = Browser(careful)
    register(browser, GRACE)
    answer = browser.post(mailed_path(careful, GRACE), password=PASSWORD)
    assert (answer.status_code, answer.location) == (303, "/login")
    assert "Your e-mail address is confirmed" in browser.get("/login").text
    assert not browser.is_in()
    browser.sign_in(GRACE)
    assert browser.is_in()


def test_a_stranger_who_was_first_gains_nothing_by_the_owners_click(careful: Flask) -> None:
    """She takes the stranger's mail for her own, and her password does not fit his account."""
    stranger, owner = Browser(careful), Browser(careful)
    register(stranger, GRACE, STRANGERS, name="Mallory")
    strangers_link = mailed_path(careful, GRACE)
    register(owner, GRACE, PASSWORD)
    assert subjects(careful, GRACE) == [ALREADY, CONFIRM]
    answer = owner.post(strangers_link, password=PASSWORD)
    assert answer.status_code == 422
    assert "choose a new one" in answer.text
    assert sign_in(stranger, GRACE, STRANGERS).status_code == 422
    owner.post("/forgot-password", email=GRACE)
    assert owner.post(mailed_path(careful, GRACE), password=PASSWORD).status_code == 303
    assert sign_in(stranger, GRACE, STRANGERS).status_code == 422
    owner.sign_in(GRACE)


def test_a_stranger_who_comes_second_changes_nothing(careful: Flask) -> None:
    stranger, owner = Browser(careful), Browser(careful)
    register(owner, GRACE, PASSWORD)
    link = mailed_path(careful, GRACE)
    register(stranger, GRACE, STRANGERS, name="Mallory")
    assert owner.post(link, password=PASSWORD).status_code == 303
    assert sign_in(stranger, GRACE, STRANGERS).status_code == 422
    owner.sign_in(GRACE)
    assert 'value="Grace"' in owner.get("/account").text


def test_a_new_password_by_mail_confirms_the_address(careful: Flask) -> None:
    browser = Browser(careful)
    register(browser, GRACE, STRANGERS)
    browser.post("/forgot-password", email=GRACE)
    browser.post(mailed_path(careful, GRACE), password=PASSWORD)
    browser.sign_in(GRACE)
    assert browser.is_in()


def test_the_link_is_mailed_again_only_to_users_who_wait_for_it(
    careful: Flask,
) -> None:
    browser = Browser(careful)
    register(browser, GRACE)
    for email in (GRACE, EMAIL, "nobody@example.com"):
        answer = browser.post("/verify-email", email=email)
        assert (answer.status_code, answer.location) == (303, "/verify-email/sent")
        assert f"If {email} has an account" in browser.get("/verify-email/sent").text
    assert subjects(careful, GRACE) == [CONFIRM, CONFIRM]
    assert mails_to(careful, EMAIL) + mails_to(careful, "nobody@example.com") == []


def test_who_has_registered_finds_the_address_filled_in_where_to_sign_in(browser: Browser) -> None:
    answer = register(browser, GRACE)
    assert answer.location == "/login"
    assert f'value="{GRACE}"' in browser.get("/login").text
    assert f'value="{GRACE}"' not in browser.get("/login").text


def test_who_has_registered_is_sent_to_their_mail_where_it_has_to_be_confirmed(
    careful: Flask,
) -> None:
    browser = Browser(careful)
    answer = register(browser, GRACE)
    assert (answer.status_code, answer.location) == (303, "/verify-email/sent")
    page = browser.get(answer.location).text
    assert f"<h1>{unbroken('Check your e-mail')}</h1>" in page
    assert GRACE in page
    browser.post(mailed_path(careful, GRACE), password=PASSWORD)
    assert f'value="{GRACE}"' in browser.get("/login").text


def test_after_a_new_password_by_mail_the_address_is_filled_in(
    app: Flask, browser: Browser
) -> None:
    browser.post("/forgot-password", email=EMAIL)
    browser.post(mailed_path(app, EMAIL), password=STRANGERS)
    assert f'value="{EMAIL}"' in browser.get("/login").text
