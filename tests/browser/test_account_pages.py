"""Everything that people do with their account, by keyboard alone and with scripts off."""

from urllib.parse import urlsplit

import pytest
from flask import Flask
from selenium.webdriver import Keys

from tests.conftest import services_of
from tests.support.browser import EMAIL, PASSWORD, Browser
from tests.support.clock import Clock
from webapp.core.end_reasons import EndReason
from webapp.core.models import UserChanges
from webapp.core.policy import Role
from webapp.mail.file_outbox import Mail

from .page import Hand, Page

GRACE = "grace@example.com"
NEW_PASSWORD = "a whole new wool jumper"
# Then an action that is risky asks for the password again.
PROOF_IS_OLD = 15 * 60 + 1

# Each visible or hidden field that a password manager reads: its name (else its id) and hint.
AUTOCOMPLETE = """
const fields = [...document.querySelectorAll('main input')].filter(
  ({ type }) => !['hidden', 'checkbox'].includes(type));
return Object.fromEntries(fields.map((field) => [field.name || field.id, field.autocomplete]));
"""


class TestByKeyboardAndWithoutScripts:
    def test_sign_in(self, page: Page, hand: Hand) -> None:
        page.open("/")
        hand.press("home-login")
        page.wait_for("login-form")
        hand.fill(email=EMAIL, password="not that")
        hand.press("login-submit")
        page.wait_for("error-summary")
        hand.fill(email=EMAIL, password=PASSWORD)
        hand.press("remember")
        hand.press("login-submit")
        page.wait(lambda: page.path == "/dashboard")
        assert "expiry" in page.cookies()["refresh_token"]

    def test_create_an_account_confirm_it_and_sign_in(
        self, page: Page, hand: Hand, app: Flask
    ) -> None:
        page.open("/")
        hand.press("home-register")
        page.wait_for("register-form")
        hand.fill(name="Grace", email=GRACE, password=PASSWORD)
        hand.press("register-submit")
        page.wait_for_message("Thank you")
        page.open(mailed_link(app, GRACE))
        hand.press("verify-submit")
        page.wait_for_message("confirmed")
        hand.fill(email=GRACE, password=PASSWORD)
        hand.press("login-submit")
        page.wait(lambda: page.path == "/dashboard")

    @pytest.mark.thorough("browsers in full")
    def test_get_back_in_with_a_forgotten_password(
        self, page: Page, hand: Hand, app: Flask
    ) -> None:
        page.open("/login")
        hand.press("forgot-link")
        page.wait_for("forgot-form")
        hand.fill(email=EMAIL)
        hand.press("forgot-submit")
        page.wait_for_message("a link is on its way")
        page.open(mailed_link(app, EMAIL))
        hand.fill(password=NEW_PASSWORD)
        hand.press("reset-submit")
        page.wait_for_message("Your new password is set")
        hand.fill(email=EMAIL, password=NEW_PASSWORD)
        hand.press("login-submit")
        page.wait(lambda: page.path == "/dashboard")

    @pytest.mark.thorough("browsers in full")
    def test_ask_for_another_confirmation_link(self, page: Page, hand: Hand, app: Flask) -> None:
        register(app, GRACE)
        page.open("/verify-email")
        hand.fill(email=GRACE)
        hand.press("resend-submit")
        page.wait_for_message("a link is on its way")
        assert len(mails_to(app, GRACE)) == 2

    @pytest.mark.thorough("browsers in full")
    def test_change_the_profile(self, page: Page, hand: Hand, app: Flask) -> None:
        register(app, GRACE)
        page.let_in(app, GRACE)
        page.open("/dashboard")
        hand.press("nav-account")
        page.wait_for("account-form")
        hand.fill(name="Countess Lovelace")
        hand.press("account-submit")
        page.wait_for_message("Saved")
        assert page.find("name").get_attribute("value") == "Countess Lovelace"
        hand.press("resend-verification")
        page.wait_for_message("sent the link")

    @pytest.mark.thorough("browsers in full")
    def test_change_the_password(self, page: Page, hand: Hand, app: Flask) -> None:
        page.let_in(app)
        page.open("/account")
        hand.press("tab-security")
        page.wait_for("change-password")
        hand.press("change-password")
        page.wait_for("password-form")
        hand.fill(current_password=PASSWORD, new_password=NEW_PASSWORD)
        hand.press("password-submit")
        page.wait_for_message("Your password is changed")
        assert Browser(app).sign_in(EMAIL, NEW_PASSWORD)

    def test_end_other_devices_after_the_password(
        self, page: Page, hand: Hand, app: Flask, clock: Clock
    ) -> None:
        page.let_in(app)
        others = [Browser(app), Browser(app), Browser(app)]
        for other in others:
            other.sign_in()
        clock.advance(PROOF_IS_OLD)
        page.open("/account/sessions")
        hand.press("end-device")
        page.wait_for("confirm-form")
        hand.press("confirm-no")
        page.wait(lambda: len(page.find_all("end-device")) == 3)
        hand.press("end-device")
        page.wait_for("confirm-form")
        hand.fill(current_password="not that")
        hand.press("confirm-yes")
        page.wait_for("error-current-password")
        hand.fill(current_password=PASSWORD)
        hand.press("confirm-yes")
        page.wait(lambda: len(page.find_all("end-device")) == 2)
        hand.press("end-others")
        page.wait_for("devices-empty")
        assert not any(other.is_in() for other in others)

    @pytest.mark.thorough("browsers in full")
    def test_delete_the_account(self, page: Page, hand: Hand, app: Flask) -> None:
        page.let_in(app)
        page.open("/account")
        hand.press("delete-account")
        page.wait_for("delete-form")
        hand.fill(password=PASSWORD, confirm=EMAIL)
        hand.press("delete-submit")
        page.wait_for_message("Your account is deleted")
        with app.app_context():
            assert not services_of(app).accounts.exists(EMAIL)

    @pytest.mark.thorough("browsers in full")
    def test_search_for_a_user_and_disable_them(
        self, page: Page, hand: Hand, app: Flask, clock: Clock
    ) -> None:
        create(app, clock, GRACE)
        make_admin(app, clock)
        page.let_in(app)
        page.open("/dashboard")
        hand.press("nav-admin")
        page.wait_for("user-search")
        hand.fill(q="grace")
        hand.enter("q")
        page.wait(lambda: len(page.find_all("user-row")) == 1)
        hand.press("user-link")
        page.wait_for("disable-user")
        hand.press("disable-user")
        page.wait_for("confirm-form")
        hand.press("confirm-yes")
        page.wait_for_message("is disabled.")
        assert page.has("enable-user")

    def test_send_a_form_that_met_the_end_of_its_session(
        self, page: Page, hand: Hand, app: Flask, clock: Clock
    ) -> None:
        page.let_in(app)
        page.open("/account")
        hand.fill(name="Countess Lovelace")
        end_everywhere(app, clock)
        hand.press("account-submit")
        page.wait_for("login-form")
        hand.fill(email=EMAIL, password=PASSWORD)
        hand.press("login-submit")
        page.wait_for("kept-form")
        hand.press("kept-send")
        page.wait_for_message("Saved")
        assert page.find("name").get_attribute("value") == "Countess Lovelace"


def test_password_managers_can_tell_the_fields_apart(page: Page, app: Flask, clock: Clock) -> None:
    new, current = "new-password", "current-password"
    Browser(app).post("/forgot-password", email=EMAIL)
    reset = mailed_link(app, EMAIL)
    pages = {
        "/login": {"email": "username webauthn", "password": current},
        "/register": {"name": "name", "email": "username", "password": new},
        "/forgot-password": {"email": "username"},
        "/verify-email": {"email": "username"},
        reset: {"username": "username", "password": new},
    }
    for path, expected in pages.items():
        page.open(path)
        assert page.script(AUTOCOMPLETE) == expected, path
    page.let_in(app)
    pages = {
        "/account": {"name": "name", "email": "username", "current_password": current},
        "/account/password": {
            "username": "username",
            "current_password": current,
            "new_password": new,
        },
        "/account/delete": {"username": "username", "password": current, "confirm": "off"},
    }
    for path, expected in pages.items():
        page.open(path)
        assert page.script(AUTOCOMPLETE) == expected, path
    Browser(app).sign_in()
    clock.advance(PROOF_IS_OLD)
    page.open("/account/sessions")
    page.click("end-device")
    page.wait_for("confirm-form")
    assert page.script(AUTOCOMPLETE) == {"username": "username", "current_password": current}


class TestStrength:
    """While a new password is being typed."""

    def test_the_meter_says_how_hard_it_is_to_guess(self, page: Page, app: Flask) -> None:
        page.open("/register")
        follow_the_meter(page, "password")
        page.let_in(app)
        page.open("/account/password")
        follow_the_meter(page, "new-password")
        Browser(app).post("/forgot-password", email=EMAIL)
        page.open(mailed_link(app, EMAIL))
        follow_the_meter(page, "password")

    @pytest.mark.thorough("browsers in full")
    def test_ones_own_address_is_easy_to_guess(self, page: Page) -> None:
        page.open("/register")
        page.fill(password="rosalindelsiefranklin")
        page.wait(lambda: page.find("strength").is_displayed())
        before = page.find("strength").get_attribute("aria-valuenow")
        page.fill(email="rosalindelsiefranklin@example.com", password="rosalindelsiefranklin")
        page.wait(lambda: page.find("strength").get_attribute("aria-valuenow") < before)


def follow_the_meter(page: Page, field: str) -> None:
    meter = page.find("strength")
    assert not meter.is_displayed()
    page.find(field).send_keys("aaaaaaaaaaaaaaaaaaaa")
    page.wait(lambda: meter.is_displayed() and meter.get_attribute("aria-valuenow") in ("0", "1"))
    weak = page.text("strength-words")
    page.find(field).send_keys(Keys.CONTROL, "a", Keys.BACKSPACE)
    page.wait(lambda: not meter.is_displayed())
    assert page.text("strength-words") == ""
    page.find(field).send_keys(NEW_PASSWORD)
    page.wait(lambda: meter.is_displayed() and meter.get_attribute("aria-valuenow") == "4")
    assert page.text("strength-words") not in ("", weak)


def mails_to(app: Flask, email: str) -> list[Mail]:
    """Newest first."""
    services = services_of(app)
    assert services.background.finish(5)
    assert services.outbox is not None
    return [mail for mail in services.outbox.mails() if mail.to == email]


def mailed_link(app: Flask, email: str) -> str:
    """The path of the newest."""
    return urlsplit(mails_to(app, email)[0].links[0]).path


def register(app: Flask, email: str) -> None:
    """As people do it: the address is not confirmed yet."""
    assert Browser(app).post("/register", email=email, password=PASSWORD).status_code == 303
    mails_to(app, email)


def create(app: Flask, clock: Clock, email: str) -> None:
    with app.app_context():
        services_of(app).accounts.register(email, PASSWORD, now=clock())


def make_admin(app: Flask, clock: Clock) -> None:
    with app.app_context():
        accounts = services_of(app).accounts
        user, _ = accounts.find(EMAIL)
        accounts.change(user.id, UserChanges(role=Role.ADMIN), clock())


def end_everywhere(app: Flask, clock: Clock, email: str = EMAIL) -> None:
    with app.app_context():
        services = services_of(app)
        user, _ = services.accounts.find(email)
        services.devices.end_all(user.id, EndReason.ENDED_ELSEWHERE, clock())
