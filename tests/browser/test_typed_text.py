"""Typed text stays until it is sent, also when the session ends."""

import pytest
from flask import Flask

from tests.support.browser import EMAIL, PASSWORD, Browser
from tests.support.clock import Clock
from tests.support.servers import RedisServer
from webapp.core.rate_limits import FORGOT_PER_ACCOUNT

from .page import Page
from .test_account_pages import GRACE, create, make_admin

TYPED = "Countess Lovelace"


def value_of(page: Page, testid: str) -> str:
    return str(page.find(testid).get_attribute("value"))


class TestItsSessionEnds:
    def test_a_page_with_typed_text_stays_and_its_form_arrives_after_signing_in(
        self, page: Page, app: Flask
    ) -> None:
        page.let_in(app)
        page.open("/account")
        page.fill(name=TYPED)
        typing = page.tab
        page.open_tab("/dashboard")
        page.click("logout")
        page.wait_for("login-form")
        page.sign_in()
        page.switch(typing)
        page.wait(lambda: page.find("session-over").is_displayed())
        assert value_of(page, "name") == TYPED
        page.click("account-submit")
        page.wait_for("kept-form")
        page.click("kept-send")
        page.wait_for_message("Saved")
        assert value_of(page, "name") == TYPED

    @pytest.mark.thorough("browsers in full")
    def test_a_page_that_only_a_form_leads_to_becomes_the_login_page(
        self, page: Page, app: Flask, clock: Clock
    ) -> None:
        create(app, clock, GRACE)
        make_admin(app, clock)
        page.let_in(app)
        page.open("/admin/users?q=grace")
        page.click("user-link")
        page.click("disable-user")
        page.wait_for("confirm-form")
        asked = page.tab
        page.open_tab("/dashboard")
        page.click("logout")
        page.wait_for("login-form")
        page.switch(asked)
        page.wait_for("login-form")
        assert not page.has("error-code")

    @pytest.mark.thorough("browsers in full")
    def test_what_the_server_has_shown_again_stays(
        self, page: Page, app: Flask, clock: Clock
    ) -> None:
        page.let_in(app)
        page.open("/account")
        page.fill(name=TYPED, email="not an address")
        page.script("document.querySelector('[data-in-place]').submit()")  # as without scripts
        page.wait_for("error-email")
        typing = page.tab
        page.open_tab("/dashboard")
        page.click("logout")
        page.wait_for("login-form")
        page.switch(typing)
        page.wait(lambda: page.find("session-over").is_displayed())
        assert value_of(page, "name") == TYPED


class TestSomethingIsWrongWithIt:
    def test_passwords_stay_while_another_field_is_wrong(self, page: Page, app: Flask) -> None:
        page.let_in(app)
        page.open("/account/password")
        page.fill(current_password=PASSWORD, new_password="too short")
        page.click("password-submit")
        page.wait_for("error-new-password")
        assert page.script("return document.activeElement.dataset.testid") == "new-password"
        assert value_of(page, "current-password") == PASSWORD
        page.fill(new_password="a whole new wool jumper")
        assert not page.has("error-new-password")
        assert not page.has("error-summary")
        page.click("password-submit")
        page.wait_for_message("Your password is changed")
        assert page.path == "/account/password"

    def test_an_outage_leaves_the_page_as_it_is(
        self, page: Page, app: Flask, redis_server: RedisServer
    ) -> None:
        page.let_in(app)
        page.open("/account")
        page.fill(name=TYPED, current_password=PASSWORD)
        redis_server.stop()
        try:
            page.click("account-submit")
            page.wait_for("error-summary")
        finally:
            redis_server.start()
        assert "try again" in page.text("error-summary")
        assert value_of(page, "current-password") == PASSWORD
        page.click("account-submit")
        page.wait_for_message("Saved")


@pytest.mark.thorough("browsers in full")
def test_an_outage_page_tries_again_by_itself(
    page: Page, app: Flask, clock: Clock, redis_server: RedisServer
) -> None:
    page.let_in(app)
    clock.advance(301)
    redis_server.stop()
    try:
        page.open("/account")
        page.wait_for("retry-after")
        assert not page.has("nav-login")
    finally:
        redis_server.start()
    page.wait_for("account-form")


@pytest.mark.thorough("browsers in full")
def test_how_long_ago_something_was_moves_on(page: Page, app: Flask) -> None:
    page.let_in(app)
    page.open("/account/sessions")
    before = page.text("device-seen")
    page.wait(lambda: page.text("device-seen") != before)


def test_at_a_limit_the_button_waits_as_long_as_the_limit(page: Page, app: Flask) -> None:
    for _ in range(FORGOT_PER_ACCOUNT.amount):
        Browser(app).post("/forgot-password", email=EMAIL)
    page.open("/forgot-password")
    page.fill(email=EMAIL)
    page.send("forgot-submit")
    page.wait(lambda: page.text("send-again") == "Send again in 60 min")
    assert not page.find("send-again").is_enabled()
    page.script("const now = Date.now(); Date.now = () => now + 3601 * 1000")
    page.wait(lambda: page.find("send-again").is_enabled())
    assert page.text("send-again") == "Send it again"
