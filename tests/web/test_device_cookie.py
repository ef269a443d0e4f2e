"""A browser is known by its device cookie, whatever it calls itself; a thief has not got that."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from sqlalchemy import text

from tests.conftest import services_of
from tests.support.api import Program
from tests.support.browser import CHROME, EMAIL, FIREFOX, PASSWORD, Browser, set_cookies
from tests.support.clock import Clock
from tests.support.servers import RedisServer
from tests.support.sql import connected
from webapp import create_app
from webapp.store.sql.models import db

EXPIRED = 301
ANDROID = (
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/142.0.0.0 Mobile Safari/537.36"
)
# Of the first version with such a cookie: for each account its digest and an id, signed.
OF_BEFORE = "W1siMGExYjJjM2Q0ZTVmNjA3MSIsIm9uZS1vZi1iZWZvcmUiXV0.7vV0bZ2mQm3rXKc5n5m1y0aBcDe"


def tab(browser: Browser, agent: str | None = None, *, device: str | None = "same") -> Browser:
    """With the cookies that this browser has now, and no later ones."""
    found = Browser(browser.client.application, agent or browser.headers["User-Agent"])
    found.keep({"refresh_token": browser.refresh_token, "access_token": browser.access_token})
    shown = browser.cookie("known_browser") if device == "same" else device
    if shown:
        found.client.set_cookie("known_browser", shown)
    return found


@pytest.fixture
def phone(app: Flask) -> Browser:
    browser = Browser(app, ANDROID)
    browser.sign_in()
    return browser


class TestOneBrowser:
    @pytest.mark.parametrize(
        ("agent", "other"),
        [
            (ANDROID, CHROME),  # "Desktop site"
            (ANDROID, ANDROID.replace("Chrome/", "Version/4.0 Chrome/")),  # a webview
            (CHROME, CHROME.replace("Chrome/142", "Chrome/143")),  # an update
            (FIREFOX, FIREFOX.replace("Windows NT 10.0; Win64", "X11; Ubuntu; Linux")),
            (CHROME, ""),
        ],
    )
    def test_two_tabs_at_once_with_two_user_agents_are_both_in(
        self, app: Flask, clock: Clock, agent: str, other: str
    ) -> None:
        browser = Browser(app, agent)
        browser.sign_in()
        clock.advance(EXPIRED)
        tabs = [tab(browser, agent), tab(browser, other), tab(browser, agent)]
        assert all(each.is_in() for each in tabs)
        assert len({each.refresh_token for each in tabs}) == 1

    def test_a_lost_answer_is_asked_for_again_with_another_user_agent(
        self, phone: Browser, clock: Clock
    ) -> None:
        clock.advance(EXPIRED)
        again = tab(phone, CHROME)
        phone.get("/dashboard")
        clock.advance(3600)
        assert again.is_in()
        assert again.refresh_token == phone.refresh_token

    def test_the_pages_script_is_the_browser(self, phone: Browser, clock: Clock) -> None:
        token, script = phone.access_token, tab(phone, "")
        clock.advance(EXPIRED)
        assert phone.is_in()
        answer = script.fetch("/api/v1/protected", token)
        assert answer.status_code == 200
        assert script.refresh_token == phone.refresh_token

    @pytest.mark.parametrize("planted", ["x", "stolen.by-nobody"])
    def test_a_cookie_of_that_name_for_some_pages_makes_no_other_browser_of_it(
        self, phone: Browser, clock: Clock, planted: str
    ) -> None:
        clock.advance(EXPIRED)
        other, header = (
            tab(phone),
            "; ".join(
                f"{name}={value}"
                for name, value in [
                    ("known_browser", planted),
                    ("known_browser", phone.cookie("known_browser")),
                    ("refresh_token", phone.refresh_token),
                ]
            ),
        )
        assert phone.is_in()
        stranger = phone.client.application.test_client(use_cookies=False)
        answer = stranger.get("/dashboard", headers=phone.headers | {"Cookie": header})
        assert answer.status_code == 200
        assert other.is_in()


class TestWithoutTheCookie:
    @pytest.mark.parametrize("device", [None, OF_BEFORE, "of-another-app", "a.b.c"])
    def test_parallel_requests_are_all_in_and_get_one_cookie(
        self, phone: Browser, clock: Clock, device: str | None
    ) -> None:
        clock.advance(EXPIRED)
        tabs = [tab(phone, device=device) for _ in range(12)]
        with ThreadPoolExecutor(12) as pool:
            assert all(pool.map(Browser.is_in, tabs))
        given = {each.cookie("known_browser") for each in tabs}
        assert len(given) == 1
        assert given != {device}

    def test_the_cookie_is_given_once(self, phone: Browser, clock: Clock) -> None:
        browser = tab(phone, device=None)
        clock.advance(EXPIRED)
        line = set_cookies(browser.get("/dashboard"))["known_browser"]
        for attribute in ("HttpOnly", "SameSite=Lax", "Path=/", f"Max-Age={400 * 86400}"):
            assert attribute in line
        clock.advance(EXPIRED)
        assert "known_browser" not in set_cookies(browser.get("/dashboard"))

    def test_tabs_with_it_and_without_it_are_one_browser(
        self, phone: Browser, clock: Clock
    ) -> None:
        browser = tab(phone, device=None)
        clock.advance(EXPIRED)
        assert browser.is_in()
        clock.advance(EXPIRED)
        before, beside = tab(browser, device=None), tab(browser)
        assert browser.is_in()
        assert before.is_in()
        assert beside.is_in()

    def test_a_cookie_of_an_earlier_version_stands_for_its_browser(
        self, phone: Browser, clock: Clock
    ) -> None:
        browser = tab(phone, device=OF_BEFORE)
        clock.advance(EXPIRED)
        again, thief = tab(browser), tab(browser, device=None)
        assert browser.is_in()
        clock.advance(3600)
        assert again.is_in()
        assert not thief.is_in()

    def test_the_next_sign_in_gets_one_that_no_thief_can_have_got(
        self, phone: Browser, clock: Clock
    ) -> None:
        browser = tab(phone, device=None)
        clock.advance(EXPIRED)
        assert browser.is_in()
        stand_in = browser.cookie("known_browser")
        browser.sign_out()
        browser.sign_in()
        assert browser.cookie("known_browser") != stand_in

    def test_one_signed_with_another_secret_still_stands_for_its_browser(
        self, phone: Browser, environment: dict[str, str], clock: Clock
    ) -> None:
        app = create_app(environment | {"WEBAPP_SECRET_KEY": "another " * 8}, clock)
        clock.advance(EXPIRED)
        lost = tab(phone)
        lost.client = app.test_client()
        lost.keep({"refresh_token": phone.refresh_token})
        lost.client.set_cookie("known_browser", phone.cookie("known_browser") or "")
        assert phone.is_in()
        assert lost.is_in()
        assert "known_browser" in {cookie.key for cookie in lost.client._cookies.values()}


class TestThief:
    @pytest.mark.parametrize("device", [None, "his own"])
    def test_one_who_copied_the_refresh_token_alone_is_noticed_also_when_first(
        self, app: Flask, phone: Browser, clock: Clock, device: str | None
    ) -> None:
        his = Browser(app)
        with app.app_context():
            services_of(app).accounts.register("thief@example.com", PASSWORD, now=0)
        his.sign_in("thief@example.com")
        thief = tab(phone, device=device and his.cookie("known_browser"))
        clock.advance(EXPIRED)
        assert thief.is_in()
        answer = phone.get("/dashboard")
        assert answer.status_code == 303
        assert "a copy of your sign-in" in phone.get(answer.location).text
        assert not thief.is_in()

    def test_one_who_comes_second_is_noticed_within_the_grace(
        self, phone: Browser, clock: Clock
    ) -> None:
        thief = tab(phone, device=None)
        clock.advance(EXPIRED)
        assert phone.is_in()
        assert not thief.is_in()
        assert not phone.is_in()


class TestProgram:
    @pytest.mark.parametrize("other", ["MyApp 1.2.4", "", CHROME])
    def test_one_that_calls_itself_otherwise_may_ask_again(self, app: Flask, other: str) -> None:
        program = Program(app, "MyApp 1.2.3")
        token = program.log_in()["refresh_token"]
        first = program.refresh(token).json["data"]["auth"]["refresh_token"]
        program.headers["User-Agent"] = other
        answer = program.refresh(token)
        assert answer.json["data"]["auth"]["refresh_token"] == first

    def test_its_cookies_say_nothing(self, app: Flask, phone: Browser) -> None:
        program = Program(app)
        token = program.log_in()["refresh_token"]
        program.refresh(token)
        cookie = {"Cookie": f"known_browser={phone.cookie('known_browser')}"}
        answer = program.call("POST", "/auth/refresh", {"refresh_token": token}, **cookie)
        assert answer.status_code == 200
        assert "Set-Cookie" not in answer.headers


class TestRows:
    def test_a_sign_in_notes_the_browser_and_a_refresh_does_not(
        self, app: Flask, browser: Browser, environment: dict[str, str], clock: Clock
    ) -> None:
        browser.sign_in()
        first = int(clock())
        clock.advance(EXPIRED)
        assert browser.is_in()
        assert seen(environment) == [(first, first, None)]
        browser.sign_out()
        browser.sign_in()
        assert seen(environment) == [(first, int(clock()), None)]
        Browser(app).sign_in()
        assert len(seen(environment)) == 2

    @pytest.mark.usefixtures("phone")
    def test_they_go_with_their_account(
        self, app: Flask, environment: dict[str, str], clock: Clock
    ) -> None:
        assert seen(environment)
        with app.app_context():
            user, _ = services_of(app).accounts.find(EMAIL)
            assert user
            services_of(app).user_admin.remove(user.id, clock())
            db.engine.dispose()
        assert not seen(environment)

    def test_a_program_leaves_none(self, app: Flask, environment: dict[str, str]) -> None:
        Program(app).log_in()
        assert not seen(environment)


def test_an_entry_in_redis_has_three_letters_of_the_cookie_and_grows_by_nothing(
    phone: Browser, redis_server: RedisServer, clock: Clock
) -> None:
    clock.advance(EXPIRED)
    assert phone.is_in()
    (entry,) = redis_server.snapshot().values()
    assert len(entry[0]) <= 17
    shown = phone.cookie("known_browser") or ""
    assert shown[:22] not in entry[0]


def seen(environment: dict[str, str]) -> list[tuple[int, int, int | None]]:
    with connected(environment) as sql:
        rows = sql.execute(text("SELECT first_seen, last_seen, trusted_until FROM devices"))
        return [tuple(row) for row in rows]
