"""The main job in a real browser: in for hours, out at once."""

import pytest

from tests.support.clock import Clock
from tests.support.servers import RedisServer

from .page import Page

EXPIRED = 301


def test_the_access_token_expires_and_the_next_click_works(page: Page, clock: Clock) -> None:
    page.sign_in()
    before = page.cookies()
    clock.advance(EXPIRED)
    page.drain_logs()
    page.click("nav-account")
    page.wait(lambda: page.path == "/account")
    after = page.cookies()
    for name in ("refresh_token", "access_token"):
        assert after[name]["value"] != before[name]["value"]
    assert len([line for line in page.set_cookie_lines() if line.startswith("refresh_token=")]) == 1


def test_scripts_can_read_the_access_token_and_not_the_refresh_token(page: Page) -> None:
    page.sign_in()
    refresh, access = page.cookies()["refresh_token"], page.cookies()["access_token"]
    assert (refresh["httpOnly"], refresh["sameSite"], refresh["path"]) == (True, "Lax", "/")
    visible = page.script("return document.cookie")
    assert access["value"] in visible
    assert refresh["value"] not in visible
    assert refresh["value"] not in page.driver.page_source


def test_without_keep_me_signed_in_no_token_outlives_the_browser(page: Page, clock: Clock) -> None:
    page.sign_in()
    clock.advance(EXPIRED)
    page.open("/account")
    for name in ("refresh_token", "access_token"):
        assert "expiry" not in page.cookies()[name]
    assert "expiry" in page.cookies()["known_browser"]


@pytest.mark.parametrize("age", [0, EXPIRED])
def test_cookies_of_another_app_on_the_host_stop_no_sign_in(
    page: Page, clock: Clock, age: int
) -> None:
    page.sign_in()
    for name in ("access_token", "refresh_token"):
        page.script("document.cookie = arguments[0] + '=of-another-app; Path=/account'", name)
    clock.advance(age)
    page.open("/account")
    assert page.path == "/account"
    assert page.has("account-form")


def test_five_tabs_opened_at_once_after_expiry_are_all_in(
    page: Page, clock: Clock, redis_server: RedisServer
) -> None:
    page.sign_in()
    clock.advance(EXPIRED)
    page.script("for (let i = 0; i < 5; i++) window.open('/dashboard')")
    page.wait(lambda: len(page.driver.window_handles) == 6)
    for tab in page.driver.window_handles[1:]:
        page.switch(tab)
        page.wait(lambda: page.has("generation"))
        assert page.text("generation") == "1"
    (entry,) = redis_server.snapshot().values()
    assert entry[0].startswith("1 ")


def test_a_form_posted_with_an_expired_token_arrives(page: Page, clock: Clock) -> None:
    page.sign_in()
    page.open("/account")
    page.fill(name="Countess Lovelace")
    clock.advance(EXPIRED)
    page.click("account-submit")
    page.wait(lambda: page.has("flash"))
    assert page.find("name").get_attribute("value") == "Countess Lovelace"


def test_a_pages_script_calls_the_api_after_expiry_and_shows_the_renewal(
    page: Page, clock: Clock
) -> None:
    page.sign_in()
    assert page.text("generation") == "0"
    clock.advance(EXPIRED)
    page.click("call-api")
    page.wait(lambda: "200" in page.text("api-status"))
    page.wait(lambda: page.text("generation") == "1")
    assert "This is a protected resource." in page.text("api-answer")


@pytest.mark.thorough("browsers in full")
def test_another_tabs_renewal_shows_on_an_open_dashboard(page: Page, clock: Clock) -> None:
    page.sign_in()
    dashboard = page.tab
    clock.advance(EXPIRED)
    page.open_tab("/account")
    page.switch(dashboard)
    page.wait(lambda: page.text("generation") == "1")


def test_logout_reaches_every_tab_within_a_second(page: Page) -> None:
    page.sign_in()
    here = page.tab
    elsewhere = page.open_tab("/account")
    page.switch(here)
    page.click("logout")
    page.wait(lambda: page.path.startswith("/login"))
    page.switch(elsewhere)
    page.wait(lambda: page.path.startswith("/login"))
    assert not page.cookies().keys() & {"refresh_token", "access_token"}


def test_the_back_button_after_logout_shows_nothing_private(page: Page) -> None:
    page.sign_in()
    page.open("/account")
    page.click("logout")
    page.wait(lambda: page.path.startswith("/login"))
    page.driver.back()
    page.wait(lambda: page.path.startswith("/login"))
    assert not page.has("account-submit")


@pytest.mark.thorough("browsers in full")
def test_a_link_from_another_site_arrives_signed_in(page: Page, clock: Clock) -> None:
    page.sign_in()
    clock.advance(EXPIRED)
    other_site = page.address.replace("localhost", "127.0.0.1")
    page.driver.get(other_site + "/login")
    page.script(
        "const a = document.createElement('a'); a.href = arguments[0];"
        "a.dataset.testid = 'foreign-link'; a.textContent = 'go'; document.body.prepend(a)",
        page.address + "/dashboard",
    )
    page.click("foreign-link")
    page.wait(lambda: page.path == "/dashboard")


@pytest.mark.thorough("browsers in full")
@pytest.mark.parametrize("way", ["scripts off", "keyboard alone"])
def test_login_works_with(page: Page, way: str) -> None:
    if way == "scripts off":
        page.cdp("Emulation.setScriptExecutionDisabled", value=True)
        page.sign_in()
    else:
        page.open("/login")
        page.fill(email="ada@example.com", password="an engine of cogs and cards\n")
    page.wait(lambda: page.path == "/dashboard")


@pytest.mark.thorough("browsers in full")
def test_the_browser_has_nothing_to_complain_about(page: Page, clock: Clock) -> None:
    page.sign_in()
    for path in ("/", "/dashboard", "/account"):
        clock.advance(EXPIRED)
        page.open(path)
    page.click("logout")
    page.wait(lambda: page.path.startswith("/login"))
    page.open("/register")
    assert page.complaints() == []
