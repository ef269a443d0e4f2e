"""A sign-in in a new browser is mailed, and its owner can reject it."""

import pytest
from flask import Flask

from tests.conftest import services_of
from tests.support.api import Program
from tests.support.browser import EMAIL, FIREFOX, PASSWORD, Browser
from tests.support.clock import Clock
from tests.support.factors import create_codes, passkey_path, switch_on_second_step, user_of
from tests.support.mails import mailed_path, mails_to, newest_mail, subjects
from tests.support.soft_passkey import SoftPasskey, add_passkey, sign_in_with
from webapp.core.models import UserChanges
from webapp.web.template_context import unbroken

NEWS = "New sign-in to your account"
NEW = "a whole new wool jumper"


@pytest.fixture
def stranger(app: Flask, browser: Browser) -> Browser:
    """Signed in with the owner's password, after the owner."""
    browser.sign_in()
    stranger = Browser(app, FIREFOX)
    stranger.sign_in()
    return stranger


def test_the_first_sign_in_is_no_news(app: Flask, browser: Browser) -> None:
    browser.sign_in()
    assert mails_to(app, EMAIL) == []


def test_nor_is_it_in_another_browser_than_that_of_the_link(app: Flask) -> None:
    register = {"email": "grace@example.com", "password": PASSWORD}
    Browser(app).post("/register", name="", **register)
    Browser(app).post(mailed_path(app, "grace@example.com"))
    Browser(app).sign_in("grace@example.com")
    assert NEWS not in subjects(app, "grace@example.com")


def test_a_new_browser_is_mailed_with_its_name_and_place(app: Flask, stranger: Browser) -> None:
    mail = newest_mail(app, EMAIL)
    assert mail.subject == NEWS
    assert "Firefox 144 on Windows, 127.0.0.1" in mail.text
    assert "/not-me/" in mail.links[0]


def test_a_known_browser_is_not(app: Flask, browser: Browser, stranger: Browser) -> None:
    for known in (browser, stranger):
        known.sign_out()
        known.sign_in()
    assert subjects(app, EMAIL) == [NEWS]


def test_it_can_be_switched_off_after_a_question(app: Flask, browser: Browser) -> None:
    browser.sign_in()
    security = "/account/security"
    path = f"{security}/sign-in-mail"
    assert f"we write to {EMAIL}" in browser.get(security).text
    assert browser.post(path, form_on=security, wanted="no").status_code == 303
    assert unbroken("You get no e-mail") in browser.get(security).text
    Browser(app).sign_in()
    assert NEWS not in subjects(app, EMAIL)
    browser.post(path, form_on=security, wanted="yes")
    Browser(app).sign_in()
    assert subjects(app, EMAIL).count(NEWS) == 1


def test_a_program_is_known_by_its_client_and_address(app: Flask, browser: Browser) -> None:
    browser.sign_in()
    for _ in range(3):
        Program(app).log_in()
    assert subjects(app, EMAIL) == [NEWS]


def test_the_link_asks_and_its_button_ends_the_session_and_the_password(
    app: Flask, browser: Browser, stranger: Browser
) -> None:
    link = mailed_path(app, EMAIL)
    owner = Browser(app)
    assert owner.get(link).status_code == 200
    assert stranger.is_in()
    answer = owner.post(link)
    assert answer.location.startswith("/reset-password/")
    assert not stranger.is_in()
    assert not browser.is_in()
    assert "reported as a stranger" in browser.get("/login").text
    assert Browser(app).post("/login", email=EMAIL, password=PASSWORD).status_code == 422
    assert owner.post(answer.location, password=NEW).status_code == 303
    owner.sign_in(password=NEW)


def test_the_link_is_used_once_and_for_a_week(
    app: Flask, browser: Browser, clock: Clock, stranger: Browser
) -> None:
    link = mailed_path(app, EMAIL)
    clock.advance(7 * 24 * 3600)
    assert browser.get(link).status_code == 410
    clock.advance(-60)
    assert Browser(app).post(link).status_code == 303
    answer = Browser(app).get(link)
    assert answer.status_code == 410
    assert 'href="/forgot-password" data-testid="link-again">Choose a new password' in answer.text
    assert "Get a new link" not in answer.text


def test_it_works_after_the_stranger_has_changed_the_password_and_signed_out(
    app: Flask, stranger: Browser
) -> None:
    link = mailed_path(app, EMAIL)
    stranger.post("/account/password", current_password=PASSWORD, new_password=NEW)
    stranger.sign_out()
    assert Browser(app).post(link).status_code == 303
    assert Browser(app).post("/login", email=EMAIL, password=NEW).status_code == 422


def test_what_the_stranger_added_goes_and_what_was_there_stays(
    app: Flask, browser: Browser, clock: Clock
) -> None:
    origin = services_of(app).settings.public_url
    browser.sign_in()
    own, strange = SoftPasskey(origin), SoftPasskey(origin)
    add_passkey(browser, own)
    clock.advance(100)
    stranger = Browser(app, FIREFOX)
    stranger.sign_in()
    link = mailed_path(app, EMAIL)
    add_passkey(stranger, strange)
    switch_on_second_step(app)
    Browser(app).post(link)
    assert sign_in_with(Browser(app), strange).status_code == 401
    assert sign_in_with(Browser(app), own).status_code == 204
    with app.app_context():
        factors = services_of(app).factors
        assert factors.queries.authenticator(user_of(app).id) is None
        assert factors.codes.present(user_of(app).id).left == 0


def test_an_own_second_step_stays(app: Flask, browser: Browser, clock: Clock) -> None:
    browser.sign_in()
    switch_on_second_step(app)
    codes = create_codes(app)
    clock.advance(100)
    stranger = Browser(app, FIREFOX)
    stranger.post("/login", email=EMAIL, password=PASSWORD)
    stranger.post("/login/second-step", recovery_code=codes[0], trust="y")
    link = next(mail for mail in mails_to(app, EMAIL) if mail.subject == NEWS).links[0]
    reset = Browser(app).post("/not-me/" + link.rpartition("/")[2]).location
    Browser(app).post(reset, password=NEW)
    for one in (Browser(app), stranger):  # the stranger's browser is not trusted any more
        answer = one.post("/login", email=EMAIL, password=NEW)
        assert answer.location == "/login/second-step"


@pytest.mark.parametrize("token", ["x", "WyJhIl0.x"])
def test_a_forged_link_opens_nothing(browser: Browser, token: str) -> None:
    assert browser.get(f"/not-me/{token}").status_code == 410


def test_all_sessions_of_the_stranger_end_however_they_began(
    app: Flask, clock: Clock, stranger: Browser
) -> None:
    link = mailed_path(app, EMAIL)
    passkey = SoftPasskey(services_of(app).settings.public_url)
    add_passkey(stranger, passkey)
    elsewhere, program = Browser(app), Program(app)
    sign_in_with(elsewhere, passkey)
    program.log_in()
    stranger.sign_out()
    stranger.sign_in()  # known by now, so it is not mailed
    Browser(app).post(link)
    for one in (stranger, elsewhere):
        assert not one.is_in()
    assert program.call("GET", "/auth/profile").status_code == 401


def test_another_e_mail_of_the_stranger_is_undone(app: Flask, stranger: Browser) -> None:
    link, theirs = mailed_path(app, EMAIL), "thief@example.com"
    stranger.post("/account", name="", email=theirs, current_password=PASSWORD)
    stranger.post(mailed_path(app, theirs))
    owner = Browser(app)
    assert EMAIL in owner.get(link).text
    assert owner.post(owner.post(link).location, password=NEW).status_code == 303
    owner.sign_in(password=NEW)
    stranger.post("/forgot-password", email=theirs)
    assert "Choose a new password" not in subjects(app, theirs)


def test_the_link_in_a_mailbox_that_is_not_the_users_any_more_opens_nothing(
    app: Flask, clock: Clock, stranger: Browser
) -> None:
    link = mailed_path(app, EMAIL)
    with app.app_context():
        changes = UserChanges(email="new@example.com")
        services_of(app).user_admin.change(user_of(app).id, changes, clock())
    assert Browser(app).get(link).status_code == 410
    headers = {"Sec-Fetch-Site": "same-origin"}
    assert app.test_client().post(link, headers=headers).status_code == 410


def test_old_mail_removes_no_second_step(app: Flask, clock: Clock, stranger: Browser) -> None:
    """The usual case: the owner's own new computer, where they then set up the app."""
    link = mailed_path(app, EMAIL)
    switch_on_second_step(app)
    clock.advance(25 * 3600)
    reader = Browser(app)
    assert reader.post(reader.post(link).location, password=NEW).status_code == 303
    answer = reader.post("/login", email=EMAIL, password=NEW)
    assert answer.location == "/login/second-step"


def test_who_switches_the_mail_off_is_mailed_and_the_link_switches_it_on(
    app: Flask, stranger: Browser
) -> None:
    link, security = mailed_path(app, EMAIL), "/account/security"
    stranger.post(f"{security}/sign-in-mail", form_on=security, wanted="no")
    assert subjects(app, EMAIL)[0] == "A way to sign in was removed"
    Browser(app).post(link)
    assert user_of(app).sign_in_mail


def test_what_was_removed_is_named_and_the_new_password_leads_to_security(
    app: Flask, stranger: Browser
) -> None:
    link = mailed_path(app, EMAIL)
    add_passkey(stranger, SoftPasskey(services_of(app).settings.public_url))
    switch_on_second_step(app)
    owner = Browser(app)
    reset = owner.post(link).location
    page = owner.get(reset).text
    assert "a passkey, “Firefox 144 on Windows”, the authenticator app, the recovery codes" in page
    assert owner.post(reset, password=NEW).location == "/login?next=/account/security"
    owner.sign_in(password=NEW)
    activity = owner.get("/account/activity").text
    assert "Passkey removed" in activity
    assert "Authenticator app removed" in activity


def test_nor_can_it_if_the_stranger_has_changed_it(app: Flask, stranger: Browser) -> None:
    link = mailed_path(app, EMAIL)
    stranger.post("/account/password", current_password=PASSWORD, new_password=NEW)
    owner = Browser(app)
    reset = owner.post(link).location
    for known in (PASSWORD, NEW):
        assert owner.post(reset, password=known).status_code == 422
    assert owner.post(reset, password="quite another woollen hat").status_code == 303


def test_the_newest_mail_ends_it_also_if_the_stranger_came_back_with_a_passkey(
    app: Flask, clock: Clock, stranger: Browser
) -> None:
    """And each mail still works: one of them may be in the stranger's mailbox."""
    first = mailed_path(app, EMAIL)
    clock.advance(60)
    passkey = SoftPasskey(services_of(app).settings.public_url)
    add_passkey(stranger, passkey)
    switch_on_second_step(app)
    clock.advance(60)
    again = Browser(app)
    sign_in_with(again, passkey)
    newest = mailed_path(app, EMAIL)
    assert newest != first
    owner = Browser(app)
    owner.post(owner.post(newest).location, password=NEW)
    assert not again.is_in()
    assert sign_in_with(Browser(app), passkey).status_code == 401
    owner.sign_in(password=NEW)  # without a second step
    assert owner.post(first).status_code == 303


def test_a_stranger_can_not_use_up_the_owners_link(app: Flask, stranger: Browser) -> None:
    link, theirs = mailed_path(app, EMAIL), "thief@example.com"
    stranger.post("/account", name="", email=theirs, current_password=PASSWORD)
    stranger.post(mailed_path(app, theirs))
    again = Browser(app)
    again.sign_in(theirs)
    again.post(mailed_path(app, theirs))
    owner = Browser(app)
    assert owner.post(owner.post(link).location, password=NEW).status_code == 303
    owner.sign_in(password=NEW)


def test_what_the_stranger_removed_is_named_and_what_still_signs_in(
    app: Flask, browser: Browser, clock: Clock
) -> None:
    browser.sign_in()
    stolen = SoftPasskey(services_of(app).settings.public_url)
    add_passkey(browser, SoftPasskey(stolen.origin))
    add_passkey(browser, stolen)
    switch_on_second_step(app)
    clock.advance(60)
    stranger = Browser(app, FIREFOX)
    sign_in_with(stranger, stolen)
    stranger.post(passkey_path(app, "remove"), form_on="/account", confirmed="yes")
    stranger.post("/account/authenticator/remove", form_on="/account", confirmed="yes")
    link = next(mail for mail in mails_to(app, EMAIL) if mail.subject == NEWS).links[0]
    link = "/not-me/" + link.rpartition("/")[2]
    page = Browser(app)
    text = page.get(page.post(link).location).text
    assert "No authenticator app is set up now." in text
    assert "were removed before, and stay removed: “Chrome 142 on Linux”." in text
    assert "still sign in: “Chrome 142 on Linux 2”." in text


@pytest.mark.parametrize("way", ["changes it often", "removes it", "removes it and sets others"])
def test_nor_can_it_whatever_the_stranger_did_to_it(
    app: Flask, stranger: Browser, way: str
) -> None:
    link, present = mailed_path(app, EMAIL), PASSWORD
    if "removes" in way:
        add_passkey(stranger, SoftPasskey(services_of(app).settings.public_url))
        path = "/account/security/remove-password"
        stranger.post(path, form_on="/account", confirmed="yes")
        present = ""
    for number in range(0 if way == "removes it" else 4):
        new = f"{NEW} number {number}"
        stranger.post("/account/password", current_password=present, new_password=new)
        present = new
    owner = Browser(app)
    reset = owner.post(link).location
    assert owner.post(reset, password=PASSWORD).status_code == 422
    assert owner.post(reset, password=NEW).status_code == 303


def test_the_stolen_password_can_not_be_set_again(app: Flask, stranger: Browser) -> None:
    owner = Browser(app)
    reset = owner.post(mailed_path(app, EMAIL)).location
    answer = owner.post(reset, password=PASSWORD)
    assert answer.status_code == 422
    assert "This was your password before" in answer.text
    owner.post("/forgot-password", email=EMAIL)  # nor with another link
    assert owner.post(mailed_path(app, EMAIL), password=PASSWORD).status_code == 422
    assert owner.post(mailed_path(app, EMAIL), password=NEW).status_code == 303
    assert Browser(app).post("/login", email=EMAIL, password=PASSWORD).status_code == 422
