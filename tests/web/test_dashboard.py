"""The dashboard: what needs attention, devices and the last sign-in, and outages."""

import re

from flask import Flask
from sqlalchemy import text

from tests.conftest import services_of
from tests.support.browser import FIREFOX, PASSWORD, Browser
from tests.support.clock import Clock
from tests.support.factors import switch_on_second_step
from tests.support.soft_passkey import SoftPasskey, add_passkey
from tests.support.sql import connected, gone
from webapp.web.pages.dashboard import NEWS_TTL

GRACE = "grace@example.com"
NOTICE = re.compile(r'data-testid="notice" data-kind="([^"]+)">(.*?)</li>', re.S)


def notices(browser: Browser) -> dict[str, str]:
    """Kind → text and action."""
    found = NOTICE.findall(browser.get("/dashboard").text)
    return {kind: " ".join(re.sub("<[^>]+>", " ", html).split()) for kind, html in found}


def fact(browser: Browser, testid: str) -> str:
    page = browser.get("/dashboard").text
    found = re.search(rf'data-testid="{testid}">(.*?)</(?:p|b)>\s*(?:<a|device)', page, re.S)
    assert found
    return " ".join(re.sub("<[^>]+>", " ", found[1]).split())


def test_an_account_with_a_password_alone_is_reminded_of_a_second_step(
    app: Flask, browser: Browser
) -> None:
    browser.sign_in()
    assert "Set one up" in notices(browser)["second-step"]
    add_passkey(browser, SoftPasskey(services_of(app).settings.public_url))
    assert "second-step" not in notices(browser)


def test_few_recovery_codes_are_reported_where_they_are_used(
    app: Flask, browser: Browser, environment: dict[str, str]
) -> None:
    browser.sign_in()
    assert "recovery-codes" not in notices(browser)
    switch_on_second_step(app)
    assert not {"second-step", "recovery-codes"} & notices(browser).keys()
    with connected(environment) as sql:
        sql.execute(text("DELETE FROM recovery_codes"))
    assert notices(browser)["recovery-codes"].startswith("Recovery codes left: 0.")


def test_an_address_that_is_not_confirmed_can_have_its_mail_again(app: Flask) -> None:
    browser = Browser(app)
    browser.post("/register", name="", email=GRACE, password=PASSWORD)
    browser.sign_in(GRACE)
    assert GRACE in notices(browser)["email"]
    answer = browser.post("/account/verify-email", form_on="/dashboard")
    assert (answer.status_code, answer.location) == (303, "/account")


def test_a_sign_in_in_a_new_browser_is_news_for_three_days_and_elsewhere(
    app: Flask, browser: Browser, clock: Clock
) -> None:
    browser.sign_in(remember="y")
    assert "new-browser" not in notices(browser)
    stranger = Browser(app, FIREFOX)
    stranger.sign_in(remember="y")
    clock.advance(61)
    news = notices(browser)["new-browser"]
    assert news.startswith("New sign-in, 1 min ago : Firefox 144 on Windows")
    assert "new-browser" not in notices(stranger)
    clock.advance(NEWS_TTL)
    assert "new-browser" not in notices(browser)


def test_devices_are_counted_and_the_sign_in_before_is_named(
    app: Flask, browser: Browser, clock: Clock
) -> None:
    browser.sign_in()
    assert fact(browser, "last-sign-in") == "This is the only one so far."
    clock.advance(120)
    firefox = Browser(app, FIREFOX)
    firefox.sign_in()
    assert fact(firefox, "device-count") == "2"
    assert fact(firefox, "last-sign-in") == "2 min ago Chrome 142 on Linux, 127.0.0.1"


def test_while_a_part_of_sql_fails_the_inspector_is_shown_without_the_rest(
    browser: Browser, environment: dict[str, str]
) -> None:
    browser.sign_in()
    with gone(environment, "passkeys"):
        page = browser.get("/dashboard")
    assert page.status_code == 200
    assert 'data-testid="generation"' in page.text
    assert 'id="attention"' not in page.text
    assert 'data-testid="device-count"' not in page.text


def test_an_account_that_lacks_nothing_shows_that_all_is_well(app: Flask, browser: Browser) -> None:
    browser.sign_in()
    add_passkey(browser, SoftPasskey(services_of(app).settings.public_url))
    page = browser.get("/dashboard").text
    assert 'data-testid="no-notices"' in page
    assert 'data-testid="notice"' not in page


def test_many_new_browsers_are_one_notice_and_a_single_one_leads_to_its_card(
    app: Flask, browser: Browser
) -> None:
    browser.sign_in()
    Browser(app, FIREFOX).sign_in()
    page = browser.get("/dashboard").text
    (sid,) = re.findall(r'href="/account/sessions\?sid=[^#"]+#([^"]+)"', page)
    assert f'data-sid="{sid}"' in browser.get(f"/account/sessions?sid={sid}").text
    for _ in range(24):
        Browser(app, FIREFOX).sign_in()
    page = browser.get("/dashboard").text
    assert page.count('data-kind="new-browser"') == 1
    assert "25 new sign-ins, the newest" in page
