"""Where am I signed in, out with that one; and am I still in."""

import re
from datetime import UTC, datetime

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests.conftest import services_of
from tests.support.api import Program
from tests.support.browser import CHROME, EMAIL, FIREFOX, PASSWORD, Browser
from tests.support.clock import Clock
from tests.support.many_sessions import open_many
from tests.support.sql import gone
from webapp.core.sessions import REAUTHENTICATION_TTL
from webapp.core.token_issuer import ClientInfo

DEVICES = "/account/sessions"
GRACE = "grace@example.com"
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1"
)
DEVICE = re.compile(r'data-sid="([^"]+)"\s+data-current="(true|false)">(.*?)</li>', re.S)


def seen_by(browser: Browser) -> dict[str, str]:
    """Sid → what its card says: this device first, then the others."""
    found = DEVICE.findall(browser.get(DEVICES).text)
    return {
        sid: f"{'this' if current == 'true' else 'other'}: " + in_words(card)
        for sid, current, card in found
    }


def in_words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def end(browser: Browser, sid: str) -> TestResponse:
    return browser.post(f"{DEVICES}/{sid}/end", form_on=DEVICES)


def sid_of(browser: Browser) -> str:
    return next(sid for sid, words in seen_by(browser).items() if words.startswith("this"))


def test_two_browsers_see_each_other_in_words(app: Flask, clock: Clock) -> None:
    chrome, firefox = Browser(app, CHROME), Browser(app, FIREFOX)
    chrome.sign_in()
    clock.advance(120)
    firefox.sign_in(remember="y")
    Program(app).log_in()
    mine, *others = seen_by(chrome).values()
    assert mine.startswith("this: Chrome 142 on Linux This one")
    assert "Signed in 2 min ago" in mine
    assert "or until the browser closes" in mine
    assert "IP address 127.0.0.1" in mine
    assert any(
        words.startswith("other: Firefox 144 on Windows") and "Stays signed in" in words
        for words in others
    )
    assert any(
        words.startswith("other: an unknown program") and "Program: api" in words
        for words in others
    )
    assert next(iter(seen_by(firefox).values())).startswith("this: Firefox 144 on Windows This one")


def test_a_device_that_is_ended_is_out_at_once_with_the_reason(app: Flask) -> None:
    chrome, firefox, third = Browser(app), Browser(app, FIREFOX), Browser(app)
    for browser in (chrome, firefox, third):
        browser.sign_in()
    sid = sid_of(firefox)
    answer = end(chrome, sid)
    assert (answer.status_code, answer.location) == (303, DEVICES)
    assert "Firefox 144 on Windows is signed out." in chrome.get(DEVICES).text
    assert not firefox.is_in()
    assert "signed out from another of your devices" in firefox.get("/login").text
    assert chrome.is_in()
    assert third.is_in()
    assert sid not in seen_by(chrome)
    end(chrome, sid)
    assert "was signed out already" in chrome.get(DEVICES).text


def test_all_others_are_ended_and_this_one_is_not(app: Flask, browser: Browser) -> None:
    others = [Browser(app, FIREFOX) for _ in range(2)]
    for each in (browser, *others):
        each.sign_in()
    program = Program(app)
    program.log_in()
    assert browser.post(f"{DEVICES}/end-others", form_on=DEVICES).status_code == 303
    assert browser.is_in()
    assert [each.is_in() for each in others] == [False, False]
    assert program.call("GET", "/auth/profile").status_code == 401
    assert len(seen_by(browser)) == 1


def test_no_user_ends_or_sees_a_device_of_another_user(app: Flask, browser: Browser) -> None:
    with app.app_context():
        services_of(app).accounts.register(GRACE, PASSWORD, name="Grace", now=0)
    grace = Browser(app, FIREFOX)
    grace.sign_in(GRACE)
    browser.sign_in()
    sid = sid_of(grace)
    assert sid not in seen_by(browser)
    end(browser, sid)
    browser.post(f"{DEVICES}/end-others", form_on=DEVICES)
    assert grace.is_in()


def test_a_session_that_was_idle_for_too_long_is_not_shown(
    app: Flask, browser: Browser, clock: Clock
) -> None:
    Browser(app, FIREFOX).sign_in()
    clock.advance(13 * 3600)
    browser.sign_in()
    assert len(seen_by(browser)) == 1


def test_a_page_may_ask_whether_the_session_is_open_and_renews_nothing_by_it(
    browser: Browser, clock: Clock
) -> None:
    assert browser.fetch("/session").status_code == 401
    browser.sign_in()
    held = browser.refresh_token
    for _ in range(3):
        clock.advance(4 * 3600 - 1)
        answer = browser.fetch("/session")
        assert (answer.status_code, answer.text) == (204, "")
        assert "Set-Cookie" not in answer.headers
    assert browser.refresh_token == held
    clock.advance(4)
    assert browser.fetch("/session").status_code == 401


def test_a_page_learns_of_the_end_and_of_an_outage_and_keeps_its_cookies(
    app: Flask, browser: Browser, clock: Clock, environment: dict[str, str]
) -> None:
    firefox = Browser(app, FIREFOX)
    firefox.sign_in()
    browser.sign_in()
    clock.advance(301)
    with gone(environment, "sessions"):
        answer = browser.fetch("/session")
    assert answer.status_code == 503
    assert "Set-Cookie" not in answer.headers
    assert browser.fetch("/session").status_code == 204
    end(browser, sid_of(firefox))
    answer = firefox.fetch("/session")
    assert answer.status_code == 401
    assert "Set-Cookie" not in answer.headers
    assert firefox.refresh_token


def test_the_question_names_the_device_that_will_be_signed_out(app: Flask, clock: Clock) -> None:
    chrome, firefox = Browser(app), Browser(app, FIREFOX)
    firefox.sign_in()
    chrome.sign_in()
    clock.advance(REAUTHENTICATION_TTL + 1)
    asked = end(chrome, sid_of(firefox)).text
    assert "<h1>Sign out Firefox 144 on Windows?</h1>" in asked
    assert "from 127.0.0.1" in asked


def test_many_devices_are_shown_in_pages(app: Flask, browser: Browser) -> None:
    browser.sign_in()
    with app.app_context():
        open_many(app, EMAIL, 45, ClientInfo("192.0.2.1", FIREFOX))
    mine = sid_of(browser)
    pages = [set(DEVICE.findall(browser.get(f"{DEVICES}?page={n}").text)) for n in (1, 2, 3)]
    shown = [{sid for sid, *_ in page} - {mine} for page in pages]
    assert [len(page) for page in shown] == [20, 20, 5]
    assert len(set.union(*shown)) == 45
    assert "Page 3 of 3" in browser.get(f"{DEVICES}?page=99").text


def test_a_program_gets_its_sessions_in_pages(app: Flask) -> None:
    program = Program(app)
    program.log_in()
    with app.app_context():
        open_many(app, EMAIL, 44, ClientInfo("192.0.2.1", FIREFOX))
    pages = [
        program.call("GET", f"/auth/sessions?per_page=20&page={page}").json["data"]
        for page in (1, 3, 4)
    ]
    assert [len(page["sessions"]) for page in pages] == [20, 5, 0]
    assert {(page["total"], page["pages"]) for page in pages} == {(45, 3)}
    assert len(program.call("GET", "/auth/sessions").json["data"]["sessions"]) == 45
    assert program.call("GET", "/auth/sessions?page=0").status_code == 422


def test_a_browser_that_made_room_for_newer_ones_shows_the_reason(
    app: Flask, browser: Browser, clock: Clock
) -> None:
    browser.sign_in()
    clock.advance(200)
    with app.app_context():
        open_many(app, EMAIL, 99, ClientInfo("192.0.2.1", FIREFOX))
    assert browser.is_in()
    newest = Browser(app, FIREFOX)
    newest.sign_in()
    assert not browser.is_in()
    assert "because 100 newer ones are open" in browser.get("/login").text
    assert "Because 100 newer sign-ins are open" in newest.get("/account/activity").text


def test_devices_are_grouped_by_what_they_are(app: Flask, browser: Browser) -> None:
    browser.sign_in()
    Program(app).log_in()
    for looks in (IPHONE, FIREFOX):
        Browser(app, looks).sign_in()
    page = browser.get(DEVICES).text
    groups = re.findall(r'class="group-name"[^>]*>([^<]+)<', page)
    assert groups == ["Computers", "Phones and tablets", "Programs"]
    names = re.findall(r'data-testid="device-browser">([^<]+)<', page)
    assert names == ["Chrome 142", "Firefox 144", "Safari 18", "an unknown program"]


def test_a_group_goes_on_on_the_next_page(app: Flask, browser: Browser) -> None:
    browser.sign_in()
    with app.app_context():
        open_many(app, EMAIL, 20, ClientInfo("192.0.2.1", FIREFOX))
    Program(app).log_in()  # the newest
    first, second = (browser.get(f"{DEVICES}?page={n}").text for n in (1, 2))
    assert "an unknown program" not in first
    assert "an unknown program" in second


def test_until_when_a_device_is_signed_in_moves_with_its_use(
    app: Flask, browser: Browser, clock: Clock
) -> None:
    browser.sign_in()
    settings = services_of(app).settings
    for _ in range(2):
        words = next(iter(seen_by(browser).values()))
        assert datetime_in_utc(clock() + settings.session_idle_ttl) in words
        clock.advance(settings.access_token_ttl + 1)


def datetime_in_utc(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("Signed in until %-d %b %Y, %H:%M UTC")


def test_a_browser_that_was_new_is_marked_for_a_day(
    app: Flask, browser: Browser, clock: Clock
) -> None:
    browser.sign_in(remember="y")
    Browser(app, FIREFOX).sign_in(remember="y")
    assert [("New" in words) for words in seen_by(browser).values()] == [False, True]
    clock.advance(24 * 3600)
    assert [("New" in words) for words in seen_by(browser).values()] == [False, False]


def test_this_device_has_its_own_sign_out(browser: Browser) -> None:
    browser.sign_in()
    assert 'action="/logout" data-testid="logout-here-form"' in browser.get(DEVICES).text


class TestRename:
    def rename(self, browser: Browser, sid: str, name: str) -> str:
        """What the page says afterwards."""
        answer = browser.post(f"{DEVICES}/{sid}/rename", form_on=DEVICES, name=name)
        assert (answer.status_code, answer.location) == (303, f"{DEVICES}?sid={sid}")
        return in_words(browser.get(answer.location).text)

    def test_a_name_is_shown_with_the_browser_and_can_be_removed(
        self, app: Flask, browser: Browser
    ) -> None:
        firefox = Browser(app, FIREFOX)
        firefox.sign_in()
        browser.sign_in()
        sid = sid_of(firefox)
        assert "is called “Work laptop” now" in self.rename(browser, sid, "  Work   laptop ")
        assert seen_by(browser)[sid].startswith("other: Work laptop Firefox 144 on Windows")
        end(browser, sid)
        assert "Work laptop (Firefox 144 on Windows) is signed out." in browser.get(DEVICES).text
        mine = sid_of(browser)
        self.rename(browser, mine, "Here")
        assert "The name is removed." in self.rename(browser, mine, " ")
        assert seen_by(browser)[mine].startswith("this: Chrome 142 on Linux")

    @pytest.mark.parametrize(
        ("name", "why"),
        [("x" * 61, "Use at most 60 characters."), ("a\x00b", "be shown.")],
    )
    def test_what_is_no_name_is_refused(self, browser: Browser, name: str, why: str) -> None:
        browser.sign_in()
        sid = sid_of(browser)
        assert why in self.rename(browser, sid, name)
        assert seen_by(browser)[sid].startswith("this: Chrome 142 on Linux")

    def test_a_device_of_another_user_is_not_renamed(self, app: Flask, browser: Browser) -> None:
        with app.app_context():
            services_of(app).accounts.register(GRACE, PASSWORD, name="Grace", now=0)
        grace = Browser(app, FIREFOX)
        grace.sign_in(GRACE)
        browser.sign_in()
        assert "was signed out already" in self.rename(browser, sid_of(grace), "Mine")
        assert "Mine" not in grace.get(DEVICES).text


def test_signing_one_out_leads_back_to_its_page_of_the_list(app: Flask, browser: Browser) -> None:
    browser.sign_in()
    with app.app_context():
        open_many(app, EMAIL, 44, ClientInfo("192.0.2.1", FIREFOX))
    page = browser.get(f"{DEVICES}?page=2").text
    assert 'name="page" value="2"' in page
    sid = re.findall(r'data-sid="([^"]+)"', page)[-1]
    answer = browser.post(f"{DEVICES}/{sid}/end", form_on=DEVICES, page="2")
    assert answer.location == f"{DEVICES}?page=2"
