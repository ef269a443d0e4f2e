"""Mailed links: good for a while and once, and for nothing else."""

import logging
import re
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from email.message import EmailMessage
from threading import Barrier

import pytest
from flask import Flask

from tests.conftest import services_of
from tests.support.browser import EMAIL, FIREFOX, PASSWORD, Browser
from tests.support.clock import Clock
from tests.support.mails import mailed_path, mails_to, newest_mail, subjects
from webapp import create_app
from webapp.core.email_tokens import CONFIRM_TTL, RESET_TTL
from webapp.core.models import UserChanges
from webapp.core.notifications import Notification
from webapp.core.passwords import Passwords
from webapp.mail.messages import MessageBuilder
from webapp.web.template_context import unbroken

NEW = "a whole new wool jumper"


def forgot(app: Flask, email: str = EMAIL) -> str:
    """The path of the mailed link."""
    answer = Browser(app).post("/forgot-password", email=email)
    assert answer.status_code == 303
    return mailed_path(app, email)


def change(app: Flask, changes: UserChanges, email: str = EMAIL) -> None:
    services = services_of(app)
    with app.app_context():
        user, _ = services.accounts.find(email)
        assert user
        services.user_admin.change(user.id, changes, services.now())


def test_a_new_password_ends_every_session_is_no_sign_in_and_is_mailed(
    app: Flask, browser: Browser
) -> None:
    elsewhere = Browser(app, FIREFOX)
    browser.sign_in()
    elsewhere.sign_in()
    guest = Browser(app)
    answer = guest.post(forgot(app), password=NEW)
    assert (answer.status_code, answer.location) == (303, "/login")
    assert not guest.is_in()
    assert not browser.is_in()
    assert not elsewhere.is_in()
    assert "Your password was changed" in browser.get("/login").text
    assert guest.post("/login", email=EMAIL, password=PASSWORD).status_code == 422
    guest.sign_in(password=NEW)
    assert subjects(app, EMAIL) == [
        "Your password was changed",
        "Choose a new password",
        "New sign-in to your account",
    ]


@pytest.mark.parametrize("disabled", [False, True])
def test_who_has_no_account_or_a_disabled_one_gets_no_link_and_the_page_does_not_tell(
    app: Flask, browser: Browser, disabled: bool
) -> None:
    email = EMAIL if disabled else "nobody@example.com"
    if disabled:
        change(app, UserChanges(disabled=True))
    answer = browser.post("/forgot-password", email=email)
    assert (answer.status_code, answer.location) == (303, "/forgot-password/sent")
    page = browser.get(answer.location).text
    assert f"<h1>{unbroken('Check your e-mail')}</h1>" in page
    assert f"If {email} has an account that needs it, an e-mail with a link is on its way." in page
    assert mails_to(app, email) == []


@pytest.mark.parametrize("path", ["/forgot-password", "/verify-email"])
def test_for_an_unknown_address_a_letter_is_written_and_put_away_without_a_word(
    app: Flask,
    browser: Browser,
    path: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    written: list[str] = []
    write = MessageBuilder.write

    def counted(
        self: MessageBuilder, notice: Notification, to: str, facts: Mapping[str, str], language: str
    ) -> EmailMessage:
        letter = write(self, notice, to, facts, language)
        written.append(letter["Subject"])
        return letter

    monkeypatch.setattr(MessageBuilder, "write", counted)
    assert browser.post(path, email="nobody@example.com").status_code == 303
    services = services_of(app)
    assert services.background.finish(5)
    assert services.outbox
    assert (len(written), services.outbox.mails()) == (1, [])
    assert services.background.lost == 0
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


def test_looking_at_a_link_or_a_weak_password_do_not_use_it_up_but_a_good_one_does(
    app: Flask, browser: Browser
) -> None:
    link = forgot(app)
    for _ in range(3):
        assert browser.get(link).status_code == 200
    assert browser.client.head(link).status_code == 200
    assert browser.post(link, password="too short").status_code == 422
    assert browser.post(link, password=NEW).status_code == 303
    assert browser.get(link).status_code == 410
    assert browser.post(link, form_on="/login", password=PASSWORD).status_code == 410
    browser.sign_in(password=NEW)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda app, clock: clock.advance(RESET_TTL),
        lambda app, clock: change(app, UserChanges(password=NEW)),
        lambda app, clock: change(app, UserChanges(email="ada@elsewhere.example")),
        lambda app, clock: change(app, UserChanges(disabled=True)),
    ],
    ids=["too old", "another password", "another address", "disabled"],
)
def test_a_link_to_a_new_password_is_void_once_it_is_too_old_or_something_has_changed(
    app: Flask, browser: Browser, clock: Clock, spoil: Callable[[Flask, Clock], None]
) -> None:
    link = forgot(app)
    spoil(app, clock)
    assert browser.get(link).status_code == 410
    answer = browser.post(link, form_on="/login", password="one more woolly thing")
    assert answer.status_code == 410
    assert 'href="/forgot-password"' in answer.text


def test_a_confirmation_is_void_when_too_old_used_or_meant_for_an_address_of_before(
    app: Flask, browser: Browser, clock: Clock
) -> None:
    change(app, UserChanges(email="first@example.com"))
    first = mailed_path(app, "first@example.com")
    change(app, UserChanges(email=EMAIL), "first@example.com")
    second = mailed_path(app, EMAIL)
    assert browser.get(first).status_code == 410
    clock.advance(CONFIRM_TTL - 1)
    assert browser.get(second).status_code == 200
    clock.advance(1)
    assert browser.post(second, form_on="/login").status_code == 410
    browser.post("/verify-email", email=EMAIL)
    third = mailed_path(app, EMAIL)
    assert browser.post(third).status_code == 303
    assert browser.post(third, form_on="/login").status_code == 410


def test_of_two_new_passwords_by_the_same_link_at_once_one_is_set(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    link, both, really_hash = forgot(app), Barrier(2, timeout=30), Passwords.hash

    def hash_together(self: Passwords, password: str) -> str:
        both.wait()  # both have found the link good
        return really_hash(self, password)

    monkeypatch.setattr(Passwords, "hash", hash_together)
    passwords = [NEW, "an even newer wool jumper"]
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda new: Browser(app).post(link, password=new), passwords))
    assert sorted(answer.status_code for answer in answers) == [303, 410]
    works = [
        Browser(app).post("/login", email=EMAIL, password=new).status_code for new in passwords
    ]
    assert works == [303 if answer.status_code == 303 else 422 for answer in answers]
    assert subjects(app, EMAIL).count("Your password was changed") == 1


@pytest.mark.parametrize("base_url", ["", "https://evergreen.example"])
def test_links_start_with_the_address_of_the_setting_whatever_host_was_asked(
    environment: dict[str, str], clock: Clock, base_url: str
) -> None:
    app = create_app(environment | {"WEBAPP_BASE_URL": base_url}, clock)
    browser = Browser(app)
    browser.headers |= {"Host": "evil.example", "X-Forwarded-Host": "evil.example"}
    browser.post("/forgot-password", email=EMAIL)
    browser.post("/register", name="", email=EMAIL, password=PASSWORD)
    mails = mails_to(app, EMAIL)
    assert len(mails) == 2
    start = (base_url or services_of(app).settings.public_url) + "/"
    assert all(mail.links[0].startswith(start) for mail in mails)
    assert "evil" not in newest_mail(app, EMAIL).text + mails[1].text


@pytest.mark.parametrize("path", ["/forgot-password", "/verify-email", "/register"])
@pytest.mark.parametrize("email", ["bad", "ada@", "@example.com", "ada@example", "a b@example.com"])
def test_mail_that_could_not_arrive_is_refused_beside_the_address(
    app: Flask, browser: Browser, path: str, email: str
) -> None:
    answer = browser.post(path, email=email, password=PASSWORD)
    assert answer.status_code == 422
    assert 'data-testid="error-email"' in answer.text
    assert f'value="{email}"' in answer.text


def test_check_your_mail_can_be_reloaded(
    browser: Browser,
) -> None:
    answer = browser.post("/forgot-password", email=EMAIL)
    assert EMAIL in browser.get(answer.location).text
    reloaded = browser.get(answer.location)
    assert reloaded.status_code == 200
    assert unbroken("Check your e-mail") in reloaded.text


@pytest.mark.parametrize("path", ["/forgot-password", "/verify-email"])
def test_check_your_mail_says_what_is_next_and_keeps_the_address(
    browser: Browser, path: str
) -> None:
    """The same for an account and for none."""
    pages = []
    for email in (EMAIL, "nobody@example.com"):
        sent = browser.post(path, email=email).location
        first, again = browser.get(sent).text, browser.get(sent).text
        assert email in first
        assert email in again
        assert "works once." in first
        assert f'value="{email}"' in browser.get(path).text
        assert f'value="{email}"' not in browser.get(path).text
        pages.append(re.sub(r'nonce="[^"]+"', "", first).replace(email, "ADDRESS"))
    assert pages[0] == pages[1]


def test_a_result_is_the_page_of_a_guest_and_a_message_for_who_is_signed_in(
    app: Flask, browser: Browser
) -> None:
    path = forgot(app)
    guest = Browser(app)
    assert guest.post(path, password=NEW).location == "/login"
    assert 'data-kind="password-reset"' in guest.get("/login").text
    assert 'data-testid="result"' not in guest.get("/login").text
    with app.app_context():
        services_of(app).accounts.register("grace@example.com", PASSWORD, now=0)
    browser.sign_in("grace@example.com")
    browser.post(forgot(app), password=PASSWORD + " again")
    assert browser.get("/login").location == "/dashboard"
    assert "Your new password is set" in browser.get("/dashboard").text
