"""`GET /forward`: the subrequest of a proxy in front of another app."""

from concurrent.futures import ThreadPoolExecutor

import jwt
import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests.conftest import services_of
from tests.support.browser import EMAIL, Browser
from tests.support.clock import Clock
from tests.support.servers import RedisServer, wait_until
from webapp import create_app

EXPIRED = 301
COGS = "cogs and 7 cards"
RENEWED = ("X-Set-Cookie-1", "X-Set-Cookie-2")


@pytest.fixture
def signed_in(browser: Browser) -> Browser:
    browser.sign_in()
    return browser


@pytest.fixture
def shop(environment: dict[str, str], clock: Clock) -> Browser:
    """A guest of an app at /shop."""
    return Browser(create_app(environment | {"WEBAPP_PROTECTED_PATHS": "/shop,/wiki/"}, clock))


def renewed(answer: TestResponse) -> dict[str, str]:
    """Name → value of the cookies that the proxy hands on."""
    lines = [answer.headers[name] for name in RENEWED if name in answer.headers]
    return dict(line.partition(";")[0].split("=", 1) for line in lines)


class TestSignedIn:
    def test_it_names_the_user(self, app: Flask, signed_in: Browser) -> None:
        answer = signed_in.get("/forward")
        assert (answer.status_code, answer.data) == (204, b"")
        token = signed_in.access_token
        claims = jwt.decode(token, options={"verify_signature": False})
        assert answer.headers["X-User-Id"] == claims["sub"]
        assert answer.headers["X-User-Email"] == EMAIL
        assert answer.headers["X-User-Role"] == "user"
        assert answer.headers["X-Session"] == claims["sid"]
        assert answer.headers["X-Access-Token"] == token
        assert not renewed(answer)

    def test_after_expiry_both_cookies_are_renewed_one_a_header(
        self, signed_in: Browser, clock: Clock
    ) -> None:
        clock.advance(EXPIRED)
        answer = signed_in.get("/forward")
        assert answer.status_code == 204
        assert renewed(answer) == {
            "refresh_token": signed_in.refresh_token,
            "access_token": signed_in.access_token,
        }
        assert answer.headers["X-Access-Token"] == signed_in.access_token

    def test_twenty_at_once_after_expiry_get_one_successor(
        self, app: Flask, signed_in: Browser, clock: Clock
    ) -> None:
        clock.advance(EXPIRED)
        cookies = {"refresh_token": signed_in.refresh_token}
        tabs = [Browser(app) for _ in range(20)]
        for tab in tabs:
            tab.keep(cookies)
        with ThreadPoolExecutor(20) as pool:
            answers = list(pool.map(lambda tab: tab.get("/forward"), tabs))
        assert {answer.status_code for answer in answers} == {204}
        assert len({renewed(answer)["refresh_token"] for answer in answers}) == 1

    def test_a_lost_answer_costs_nothing(self, signed_in: Browser, clock: Clock) -> None:
        before = {"refresh_token": signed_in.refresh_token, "access_token": signed_in.access_token}
        clock.advance(EXPIRED)
        first = renewed(signed_in.get("/forward"))
        signed_in.keep(before)
        clock.advance(3600)
        again = signed_in.get("/forward")
        assert again.status_code == 204
        assert renewed(again)["refresh_token"] == first["refresh_token"]

    def test_letters_that_a_header_can_not_hold_are_encoded(
        self, app: Flask, browser: Browser
    ) -> None:
        with app.app_context():
            services_of(app).accounts.register("jürgen@example.com", COGS, name="J", now=0)
        browser.sign_in("jürgen@example.com", COGS)
        assert browser.get("/forward").headers["X-User-Email"] == "j%C3%BCrgen@example.com"

    @pytest.mark.parametrize(("role", "status"), [("user", 204), ("admin", 403), ("king", 400)])
    def test_a_role_can_be_required(self, signed_in: Browser, role: str, status: int) -> None:
        assert signed_in.get(f"/forward?role={role}").status_code == status

    def test_an_admin_has_both_roles(self, app: Flask, browser: Browser) -> None:
        with app.app_context():
            accounts = services_of(app).accounts
            accounts.register("root@example.com", COGS, name="R", role="admin", now=0)
        browser.sign_in("root@example.com", COGS)
        answers = [browser.get(f"/forward?role={role}") for role in ("user", "admin")]
        assert [answer.status_code for answer in answers] == [204, 204]
        assert answers[1].headers["X-User-Role"] == "admin"


class TestScripts:
    """A foreign script in a page must not read the refresh token, which is HttpOnly."""

    @pytest.mark.parametrize("mode", ["cors", "same-origin", "no-cors"])
    def test_that_call_it_themselves_see_no_cookie(
        self, signed_in: Browser, clock: Clock, mode: str
    ) -> None:
        clock.advance(EXPIRED)
        claimed = {"X-Original-URI": "/shop", "X-Original-Method": "GET"}
        answer = signed_in.get("/forward", **{"Sec-Fetch-Mode": mode}, **claimed)
        assert answer.status_code == 204
        assert not renewed(answer)
        readable = [value for name, value in answer.headers if name != "Set-Cookie"]
        assert not [value for value in readable if signed_in.refresh_token in value]
        assert signed_in.is_in()  # the browser has got both cookies all the same

    def test_behind_the_proxy_are_renewed(self, signed_in: Browser, clock: Clock) -> None:
        clock.advance(EXPIRED)
        mark = {"Sec-Fetch-Mode": "cors", "Sec-Forward-Auth": "1"}
        assert len(renewed(signed_in.get("/forward", **mark))) == 2


class TestRefused:
    def test_a_guest_gets_401_and_the_login_page_that_leads_back(self, shop: Browser) -> None:
        answer = shop.get("/forward", **{"X-Original-URI": "/shop?a=1&b=2"})
        assert answer.status_code == 401
        assert answer.headers["X-Login-URL"] == "/login?next=/shop?a%3D1%26b%3D2"
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")

    def test_a_script_gets_no_login_page(self, shop: Browser) -> None:
        assert "X-Login-URL" not in shop.fetch("/forward").headers

    @pytest.mark.parametrize(
        "uri",
        ["//evil.example", "/elsewhere", "/shopping", "/shop/../logout", "https://evil.example"],
    )
    def test_the_login_page_leads_only_to_protected_paths(self, shop: Browser, uri: str) -> None:
        answer = shop.get("/forward", **{"X-Original-URI": uri})
        assert answer.headers["X-Login-URL"] == "/login"

    def test_after_a_post_the_login_page_leads_nowhere(self, shop: Browser) -> None:
        original = {"X-Original-URI": "/shop/buy", "X-Original-Method": "POST"}
        assert shop.get("/forward", **original).headers["X-Login-URL"] == "/login"

    def test_the_sign_in_leads_back(self, shop: Browser) -> None:
        answer = shop.sign_in(next="/shop/cart?a=1")
        assert answer.location == "/shop/cart?a=1"

    def test_copied_cookies_after_a_sign_out(self, app: Flask, signed_in: Browser) -> None:
        copy = Browser(app)
        copy.keep(
            {"access_token": signed_in.access_token, "refresh_token": signed_in.refresh_token}
        )
        assert copy.get("/forward").status_code == 204
        signed_in.sign_out()
        assert copy.get("/forward").status_code == 401

    @pytest.mark.parametrize("header", ["X-Original-Method", "X-Forwarded-Method"])
    @pytest.mark.parametrize(
        ("method", "site", "status"),
        [
            ("POST", "cross-site", 403),
            ("DELETE", "same-site", 403),
            ("POST", "same-origin", 204),
            ("GET", "cross-site", 204),
        ],
    )
    def test_an_unsafe_request_of_another_sites_page(
        self, signed_in: Browser, header: str, method: str, site: str, status: int
    ) -> None:
        answer = signed_in.get("/forward", **{header: method, "Sec-Fetch-Site": site})
        assert answer.status_code == status

    def test_a_websocket_of_another_sites_page(self, signed_in: Browser) -> None:
        handshake = {
            "Sec-WebSocket-Key": "x3JJHMbDL1EzLkh9GBhXDw==",
            "Origin": "https://evil.example",
        }
        assert signed_in.get("/forward", **handshake).status_code == 403


@pytest.mark.impatient
def test_while_redis_hangs_a_good_access_token_goes_on_and_the_others_wait(
    signed_in: Browser, clock: Clock, redis_server: RedisServer
) -> None:
    with redis_server.paused():
        assert signed_in.get("/forward").status_code == 204
        clock.advance(EXPIRED)
        answer = signed_in.get("/forward")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
    assert not renewed(answer)
    wait_until(lambda: signed_in.get("/forward").status_code == 204)
