"""Passkeys in a real Chromium, with its virtual authenticator."""

from collections.abc import Iterator

import pyotp
import pytest
from flask import Flask

from tests.conftest import services_of
from tests.support.browser import EMAIL, PASSWORD
from tests.support.clock import Clock
from tests.support.factors import switch_on_second_step
from tests.support.mails import mails_to, subjects
from tests.support.servers import free_port, serving
from webapp import create_app
from webapp.core.factors import Passkey
from webapp.core.security_events import EventKind

from .authenticator import SINGLE_DEVICE, Authenticator
from .looks import DESKTOP, Judge, look, refusals
from .page import Page

NEW_SIGN_IN = "New sign-in to your account"


@pytest.fixture
def app(environment: dict[str, str], clock: Clock) -> Flask:
    """Its URL names the port at which it is served: a passkey is bound to the origin."""
    return create_app(environment | {"PORT": str(free_port())}, clock)


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    with serving(app, services_of(app).settings.port) as address:
        yield address


@pytest.fixture
def device(page: Page) -> Iterator[Authenticator]:
    device = Authenticator(page)
    yield device
    device.remove()


def add_passkey(page: Page) -> None:
    page.open("/account/passkeys")
    page.wait(lambda: page.find("add-passkey").is_enabled())
    page.click("add-passkey")
    page.wait_for_message("is added")


def sign_out(page: Page) -> None:
    page.click("logout")
    page.wait(lambda: page.path == "/login")


def by_button(page: Page) -> None:
    page.wait(lambda: page.find("passkey-login").is_enabled())
    page.click("passkey-login")


def stored(app: Flask) -> list[Passkey]:
    with app.app_context():
        user, _ = services_of(app).accounts.find(EMAIL)
        assert user
        return services_of(app).factors.queries.passkeys(user.id)


def kinds(app: Flask) -> list[str]:
    with app.app_context():
        page = services_of(app).events.page(user_id=None, offset=0, limit=20)
    return [event.kind for event in page.events]


def test_a_passkey_is_added_named_and_signs_in_by_the_button(
    app: Flask, page: Page, device: Authenticator
) -> None:
    page.let_in(app)
    add_passkey(page)
    assert page.has("passkey-synced")
    assert "not used yet" in page.text("passkey-used")
    assert subjects(app, EMAIL)[0] == "A way to sign in was added"
    device.asleep()  # so that the autofill does not sign in by itself
    sign_out(page)
    page.open("/login?next=/account/passkeys")
    page.click("remember")
    device.awake()
    by_button(page)
    page.wait(lambda: page.path == "/account/passkeys")
    assert "last used" in page.text("passkey-used")
    assert page.cookies()["refresh_token"].get("expiry"), "it was to be remembered"


def test_the_autofill_of_the_email_field_signs_in(
    app: Flask, page: Page, device: Authenticator
) -> None:
    page.let_in(app)
    add_passkey(page)
    sign_out(page)
    page.wait(lambda: page.path == "/dashboard")


def test_a_passkey_session_goes_on_through_silent_refreshes(
    app: Flask, page: Page, device: Authenticator, clock: Clock
) -> None:
    page.let_in(app)
    add_passkey(page)
    sign_out(page)
    page.wait(lambda: page.path == "/dashboard")
    for generation in range(1, 4):
        clock.advance(services_of(app).settings.access_token_ttl + 1)
        page.open("/dashboard")
        assert page.text("generation") == str(generation)


def test_without_user_verification_it_is_refused(
    app: Flask, page: Page, device: Authenticator
) -> None:
    page.let_in(app)
    add_passkey(page)
    device.verifies(False)
    sign_out(page)
    by_button(page)
    page.wait(lambda: page.text("passkey-message") != "")
    assert "failed" in str(page.find("passkey-message").get_attribute("class"))
    assert page.path == "/login"
    assert "refresh_token" not in page.cookies()


def test_the_counter_of_a_copied_single_device_is_refused(app: Flask, page: Page) -> None:
    device = Authenticator(page, **SINGLE_DEVICE)
    page.let_in(app)
    add_passkey(page)
    assert page.has("passkey-device-bound")
    sign_out(page)
    page.wait(lambda: page.path == "/dashboard")
    device.set_counter(0)
    sign_out(page)
    page.wait(lambda: "may be a copy" in page.text("passkey-message"))
    assert kinds(app)[0] == EventKind.PASSKEY_REFUSED
    device.remove()


def test_a_synced_passkey_may_repeat_its_counter(
    app: Flask, page: Page, device: Authenticator
) -> None:
    page.let_in(app)
    add_passkey(page)
    device.set_counter(0)
    for _ in range(2):
        sign_out(page)
        page.wait(lambda: page.path == "/dashboard")
        device.set_counter(0)


def test_a_removed_passkey_is_deleted_in_the_browser_too(
    app: Flask, page: Page, device: Authenticator
) -> None:
    page.let_in(app)
    add_passkey(page)
    assert len(device.credentials()) == 1
    page.click("remove-passkey")
    page.click("confirm-yes")
    page.wait_for_message("is removed")
    page.wait(lambda: device.credentials() == [])
    assert stored(app) == []
    assert subjects(app, EMAIL)[0] == "A way to sign in was removed"


def test_a_passkey_that_the_server_does_not_know_is_deleted_in_the_browser(
    app: Flask, page: Page, device: Authenticator
) -> None:
    page.let_in(app)
    add_passkey(page)
    with app.app_context():
        services_of(app).factors.queries.remove_passkey(
            stored(app)[0].user_id, stored(app)[0].id, 0
        )
    sign_out(page)
    page.wait(lambda: "does not sign in" in page.text("passkey-message"))
    page.wait(lambda: device.credentials() == [])


def test_a_new_name_of_the_account_reaches_the_browser(
    app: Flask, page: Page, device: Authenticator
) -> None:
    page.let_in(app)
    add_passkey(page)
    page.open("/account")
    page.fill(name="Ada Lovelace")
    page.click("account-submit")
    page.wait_for_message("Saved")
    page.open("/account/passkeys")
    page.wait(lambda: device.credentials()[0]["userDisplayName"] == "Ada Lovelace")


def test_a_passkey_is_renamed(app: Flask, page: Page, device: Authenticator) -> None:
    page.let_in(app)
    add_passkey(page)
    page.click("rename-passkey")
    page.wait(lambda: focus(page) == "passkey-new-name")
    page.fill(passkey_new_name="Work <laptop>")
    page.click("passkey-rename-submit")
    page.wait_for_message("Work <laptop>")
    assert page.text("passkey-name") == "Work <laptop>"


def test_the_field_to_type_in_has_the_focus(app: Flask, page: Page, device: Authenticator) -> None:
    device.asleep()
    switch_on_second_step(app, EMAIL)
    page.open("/login")
    page.fill(email=EMAIL, password=PASSWORD)
    page.click("login-submit")
    page.wait(lambda: page.path == "/login/second-step")
    assert focus(page) == "code"
    page.click("use-recovery-code")
    page.wait(lambda: focus(page) == "recovery-code")
    page.fill(recovery_code="wrong")
    page.click("second-step-submit")
    page.wait_for("error-recovery-code")
    page.wait(lambda: focus(page) == "recovery-code")


def focus(page: Page) -> str:
    return str(page.script("return document.activeElement.dataset.testid"))


def test_two_passkeys_on_two_browsers(
    app: Flask, page: Page, elsewhere: Page, device: Authenticator
) -> None:
    other = Authenticator(elsewhere)
    for one in (page, elsewhere):
        one.let_in(app)
        add_passkey(one)
    assert len(stored(app)) == 2
    sign_out(elsewhere)
    elsewhere.wait(lambda: elsewhere.path == "/dashboard")
    page.open("/account/passkeys")
    assert len(page.find_all("passkey")) == 2
    other.remove()


def test_the_same_device_is_not_added_twice(app: Flask, page: Page, device: Authenticator) -> None:
    page.let_in(app)
    add_passkey(page)
    page.wait(lambda: page.find("add-passkey").is_enabled())
    page.click("add-passkey")
    page.wait(lambda: "already" in page.text("passkey-message"))
    assert len(stored(app)) == 1


def test_after_a_quarter_of_an_hour_a_passkey_confirms_who_is_there(
    app: Flask, page: Page, device: Authenticator, clock: Clock
) -> None:
    page.let_in(app)
    add_passkey(page)
    clock.advance(16 * 60)
    page.open("/account/passkeys")
    page.click("remove-passkey")
    page.wait(lambda: page.find("passkey-confirm").is_enabled())
    page.click("passkey-confirm")
    page.wait_for_message("is removed")


def test_adding_asks_first_who_is_there(
    app: Flask, page: Page, device: Authenticator, clock: Clock
) -> None:
    page.let_in(app)
    page.open("/account/passkeys")
    clock.advance(16 * 60)  # the page is open meanwhile
    page.wait(lambda: page.find("add-passkey").is_enabled())
    page.click("add-passkey")
    page.wait(lambda: page.path.startswith("/account/confirm"))


def test_on_the_number_of_this_machine_the_page_says_where_passkeys_work(
    app: Flask, page: Page, address: str
) -> None:
    page.driver.get(address.replace("localhost", "127.0.0.1") + "/login")
    page.wait(lambda: address in page.text("passkey-message"))


def test_a_passkey_takes_the_place_of_the_second_step(
    app: Flask, page: Page, device: Authenticator
) -> None:
    page.let_in(app)
    add_passkey(page)
    switch_on_second_step(app, EMAIL)
    device.asleep()
    sign_out(page)
    page.fill(email=EMAIL, password=PASSWORD)
    page.click("login-submit")
    page.wait(lambda: page.path == "/login/second-step")
    device.awake()
    page.wait(lambda: page.find("passkey-second-step").is_enabled())
    page.click("passkey-second-step")
    page.wait(lambda: page.path == "/dashboard")
    assert "second_step" not in page.cookies()


def looked_at(page: Page, judge: Judge, name: str) -> dict[str, list[str]]:
    found = {name: refusals(page)} | judge(page, name)
    look(page, "light", DESKTOP)
    page.drain_logs()
    return {name: wrong for name, wrong in found.items() if wrong}


def test_every_page_about_sign_in_methods_is_accessible_and_fits_a_phone(
    app: Flask, page: Page, device: Authenticator, clock: Clock, judge: Judge
) -> None:
    wrong: dict[str, list[str]] = {}
    device.asleep()
    page.let_in(app)
    page.let_in(app)  # in a second browser, which is mailed
    for name in ("security", "passkeys", "recovery-codes"):
        page.open(f"/account/{name}")
        wrong |= looked_at(page, judge, f"{name}, empty")
    page.click("new-codes")
    page.wait_for("recovery-codes")
    wrong |= looked_at(page, judge, "new codes")
    page.click("save-codes")
    page.wait_for("error-summary")
    wrong |= looked_at(page, judge, "new codes, not saved")
    page.click("saved")
    page.click("save-codes")
    page.wait_for("totp-secret")
    wrong |= looked_at(page, judge, "set up the app")
    totp = pyotp.TOTP(page.text("totp-secret").replace(" ", ""))
    page.fill(code="000000")
    page.click("authenticator-submit")
    page.wait_for("error-code")
    wrong |= looked_at(page, judge, "set up the app, wrong code")
    page.fill(code=totp.at(clock()))
    page.click("authenticator-submit")
    page.wait_for_message("is added")
    device.awake()
    add_passkey(page)
    wrong |= looked_at(page, judge, "passkeys")
    clock.advance(16 * 60)
    for name in ("security", "authenticator", "recovery-codes", "confirm"):
        page.open(f"/account/{name}")
        wrong |= looked_at(page, judge, f"{name}, with all")
    device.asleep()
    sign_out(page)
    wrong |= looked_at(page, judge, "sign in")
    page.fill(email=EMAIL, password=PASSWORD)
    page.click("login-submit")
    page.wait(lambda: page.path == "/login/second-step")
    wrong |= looked_at(page, judge, "second step")
    page.click("second-step-submit")
    page.wait_for("error-code")
    wrong |= looked_at(page, judge, "second step, nothing typed")
    page.fill(code=totp.at(clock()))
    page.click("trust")
    page.click("second-step-submit")
    page.wait(lambda: page.path == "/dashboard")
    page.open("/account/security")
    wrong |= looked_at(page, judge, "security, trusted")
    link = next(mail.links[0] for mail in mails_to(app, EMAIL) if mail.subject == NEW_SIGN_IN)
    page.open("/not-me/" + link.rpartition("/")[2])
    wrong |= looked_at(page, judge, "not me")
    assert not wrong, "\n".join(
        f"{name}: {each}" for name, lines in wrong.items() for each in lines
    )


def test_after_a_lost_response_a_second_try_shows_the_passkey_that_was_added(
    app: Flask, page: Page, device: Authenticator
) -> None:
    page.let_in(app)
    page.open("/account/passkeys")
    page.script(
        """
        const real = window.fetch;
        window.fetch = async (url, options) => {
          const answer = await real(url, options);
          if (options?.method === 'POST') throw new TypeError('the response is lost');
          return answer;
        };
        """
    )
    page.wait(lambda: page.find("add-passkey").is_enabled())
    page.click("add-passkey")
    page.wait(lambda: "does not respond" in page.text("passkey-message"))
    assert not page.has("passkey")
    page.wait(lambda: page.find("add-passkey").is_enabled())
    page.click("add-passkey")
    page.wait_for("passkey")
    assert len(stored(app)) == 1
