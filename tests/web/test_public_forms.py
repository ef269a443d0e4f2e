"""Forms of public pages: taken by where they come from, and shown again if they can't be."""

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests.support.browser import EMAIL, PASSWORD, Browser
from tests.support.clock import Clock
from webapp import create_app

LOGIN = {"email": EMAIL, "password": PASSWORD}
BOB = {"email": "bob@example.com", "password": PASSWORD}
SITE = "https://app.example.com"
FROM_ELSEWHERE = [
    {"Sec_Fetch_Site": "cross-site"},
    {"Sec_Fetch_Site": "same-site"},
    {"Sec_Fetch_Site": "cross-site", "Origin": "http://localhost"},
    *(
        {"Origin": origin}
        for origin in (
            "https://evil.example",
            "http://localhost:8080",
            "https://localhost",
            "http://localhost.evil.example",
            "null",
            "junk",
        )
    ),
    {},
]


def post(browser: Browser, path: str, form: dict[str, str], **headers: str) -> TestResponse:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return browser.client.post(path, data=form, headers=browser.headers | sent)


def test_a_form_of_this_site_needs_no_token_and_no_cookie(app: Flask) -> None:
    for site in ("same-origin", "none"):
        browser = Browser(app)
        answer = post(browser, "/login", LOGIN, Sec_Fetch_Site=site)
        assert (answer.status_code, answer.location) == (303, "/dashboard")
        assert browser.is_in()


def test_no_other_site_signs_anybody_in(app: Flask, browser: Browser) -> None:
    stolen = Browser(app).csrf_token("/login")
    for headers in FROM_ELSEWHERE:
        for form in (LOGIN, LOGIN | {"csrf_token": stolen}):
            page = post(browser, "/login", form, **headers)
            assert page.status_code == 400, headers
            assert 'data-testid="login-form"' in page.text
            assert f'value="{EMAIL}"' in page.text
            assert PASSWORD not in page.text
    assert not browser.refresh_token


def test_a_browser_that_says_only_its_origin_is_judged_by_it(browser: Browser) -> None:
    assert post(browser, "/login", LOGIN, Origin="http://localhost").status_code == 303


@pytest.mark.parametrize("origin", [SITE, SITE.upper(), f"{SITE}:443"])
def test_the_address_of_the_setting_is_an_origin_of_ours(
    environment: dict[str, str], clock: Clock, origin: str
) -> None:
    """The proxy in front may not pass the host on."""
    app = create_app(environment | {"WEBAPP_BASE_URL": f"{SITE}/below"}, clock)
    assert post(Browser(app), "/login", LOGIN, Origin=origin).status_code == 303


def test_a_page_that_sends_no_referrer_is_taken_by_its_token_or_as_the_browser_says(
    browser: Browser,
) -> None:
    """Its Origin is `null`, also on its own site (Fetch Standard section 3.2)."""
    form = LOGIN | {"csrf_token": browser.csrf_token("/login")}
    assert post(browser, "/login", form, Origin="null").status_code == 303
    again = post(browser, "/login", LOGIN, Origin="null", Sec_Fetch_Site="same-origin")
    assert again.status_code == 303


def test_no_form_needs_a_referer_over_https(browser: Browser) -> None:
    browser.client.environ_base["wsgi.url_scheme"] = "https"
    token = browser.csrf_token("/login")
    assert post(browser, "/login", LOGIN | {"csrf_token": token}).status_code == 303
    form = {"csrf_token": browser.csrf_token("/account"), "name": "Countess", "email": EMAIL}
    assert post(browser, "/account", form).status_code == 303
    assert post(browser, "/logout", {}, Sec_Fetch_Site="same-origin").status_code == 303


@pytest.mark.parametrize(
    ("path", "form", "kept"),
    [
        ("/register", {"name": "Grace", "email": "grace@example.com"}, "grace@example.com"),
        ("/forgot-password", {"email": "grace@example.com"}, "grace@example.com"),
        ("/verify-email", {"email": "grace@example.com"}, "grace@example.com"),
        ("/login", {"email": "grace@example.com", "next": "/account"}, "/account"),
    ],
)
def test_a_form_that_was_not_taken_is_shown_again_and_can_then_be_sent(
    browser: Browser, path: str, form: dict[str, str], kept: str
) -> None:
    browser.get("/login")
    page = post(browser, path, form | {"csrf_token": "old"})
    assert page.status_code == 400
    assert "This form was out of date. Nothing was changed" in page.text
    assert f'value="{kept}"' in page.text
    form["csrf_token"] = (
        page.text.partition('name="csrf_token"')[2].split('value="')[1].split('"')[0]
    )
    assert "out of date" not in post(browser, path, form | {"password": PASSWORD}).text


def test_two_login_pages_opened_at_once_are_both_good(app: Flask, browser: Browser) -> None:
    """Each answer brought a cookie of its own, and the later one stayed."""
    token = browser.csrf_token("/login")
    browser.client.delete_cookie("evergreen_session")
    browser.get("/login")
    form = LOGIN | {"csrf_token": token}
    assert post(browser, "/login", form, Sec_Fetch_Site="same-origin").status_code == 303


def test_the_session_cookie_of_another_flask_app_is_left_alone(browser: Browser) -> None:
    form = LOGIN | {"csrf_token": browser.csrf_token("/login")}
    browser.client.set_cookie("session", "eyJzb21lYm9keSI6ImVsc2UifQ.aR.x")
    assert post(browser, "/login", form).status_code == 303


def test_a_browser_that_blocks_cookies_says_so(app: Flask) -> None:
    browser = Browser(app)
    browser.client = app.test_client(use_cookies=False)
    form = LOGIN | {"csrf_token": browser.csrf_token("/login")}
    assert "allow cookies for this site" in post(browser, "/login", form).text
    answer = post(browser, "/login", form, Sec_Fetch_Site="same-origin")
    page = browser.get(answer.location)
    assert "Allow cookies for this site" in page.text
    assert 'value="/dashboard"' in page.text


def test_a_browser_that_has_lost_its_cookies_and_takes_new_ones_gets_where_it_wanted(
    browser: Browser,
) -> None:
    form = LOGIN | {"next": "/account", "csrf_token": browser.csrf_token("/login")}
    browser.client.delete_cookie("evergreen_session")
    answer = post(browser, "/login", form, Sec_Fetch_Site="same-origin")
    assert "cookies=needed" in answer.location
    assert browser.get(answer.location).location == "/account"


class TestAStaleLoginForm:
    """Tab 1 shows the form; then tab 2 signs in as Ada."""

    @pytest.fixture(params=[{}, {"Sec_Fetch_Site": "same-origin"}], ids=["token", "fetch"])
    def headers(self, request: pytest.FixtureRequest) -> dict[str, str]:
        headers: dict[str, str] = request.param
        return headers

    @pytest.fixture
    def stale(self, browser: Browser) -> dict[str, str]:
        browser.post("/register", **BOB)
        token = browser.csrf_token("/login")
        browser.sign_in()
        return {"csrf_token": token}

    def test_signs_in_whose_right_password_it_is(
        self, browser: Browser, stale: dict[str, str], headers: dict[str, str]
    ) -> None:
        ada = browser.refresh_token
        assert post(browser, "/login", BOB | stale, **headers).location == "/dashboard"
        assert "bob@example.com" in browser.get("/dashboard").text
        browser.keep({"refresh_token": ada})
        assert not browser.is_in()

    def test_with_a_wrong_password_is_a_failure_and_ada_stays_in(
        self, browser: Browser, stale: dict[str, str], headers: dict[str, str]
    ) -> None:
        for email in (EMAIL, "bob@example.com"):
            form = stale | {"email": email, "password": "wrong"}
            page = post(browser, "/login", form, **headers)
            assert page.status_code == 422
            assert "do not match" in page.text
        assert EMAIL in browser.get("/dashboard").text


class TestSigningOut:
    def test_by_a_page_of_an_earlier_session(self, browser: Browser) -> None:
        browser.sign_in()
        old = {"csrf_token": browser.csrf_token("/dashboard")}
        browser.sign_out()
        browser.sign_in()
        assert post(browser, "/logout", old).status_code == 303
        assert not browser.is_in()

    @pytest.mark.parametrize("headers", [{}, {"Sec_Fetch_Site": "same-origin"}])
    def test_works_with_all_cookies_lost(
        self, app: Flask, browser: Browser, headers: dict[str, str]
    ) -> None:
        browser.sign_in()
        form = {"csrf_token": browser.csrf_token("/dashboard")}
        kept = browser.refresh_token
        assert post(Browser(app), "/logout", form, **headers).location == "/login"
        browser.keep({"refresh_token": kept})
        assert not browser.is_in()

    def test_by_its_address_asks_first(self, browser: Browser) -> None:
        browser.sign_in()
        page = browser.get("/logout")
        assert page.status_code == 200
        assert page.text.count('data-testid="confirm-logout"') == 1
        assert browser.is_in()
        assert browser.post("/logout").status_code == 303
        assert not browser.is_in()

    def test_when_signed_out_already_says_so(self, browser: Browser) -> None:
        page = browser.get("/logout")
        assert page.status_code == 200
        assert "You are signed out" in page.text
        assert "confirm-logout" not in page.text

    @pytest.mark.parametrize(
        "headers", [{"Sec_Fetch_Site": "cross-site"}, {"Origin": "https://evil.example"}, {}]
    )
    def test_by_another_site_asks_first(self, browser: Browser, headers: dict[str, str]) -> None:
        browser.sign_in()
        page = post(browser, "/logout", {}, **headers)
        assert page.status_code == 400
        assert 'data-testid="confirm-logout"' in page.text
        assert "Clear-Site-Data" not in page.headers
        assert browser.is_in()

    def test_by_another_site_with_a_token_of_its_own_asks_first(
        self, app: Flask, browser: Browser
    ) -> None:
        browser.sign_in()
        token = {"csrf_token": Browser(app).csrf_token("/login")}
        assert post(browser, "/logout", token, Origin="null").status_code == 400
        assert browser.is_in()


class TestAProtectedForm:
    def test_needs_its_token_also_on_this_site(self, browser: Browser) -> None:
        browser.sign_in()
        guests = Browser(browser.client.application).csrf_token("/login")
        for form in ({"name": "Mallory"}, {"name": "Mallory", "csrf_token": guests}):
            page = post(browser, "/account", form, Sec_Fetch_Site="same-origin")
            assert page.status_code == 400
            assert 'value="Mallory"' in page.text
        assert "Mallory" not in browser.get("/account").text

    @pytest.mark.parametrize("site", ["same-site", "cross-site"])
    def test_of_another_site_is_refused_with_a_good_token(
        self, browser: Browser, site: str
    ) -> None:
        browser.sign_in()
        form = {"csrf_token": browser.csrf_token("/account"), "name": "Mallory", "email": EMAIL}
        assert post(browser, "/account", form, Sec_Fetch_Site=site).status_code == 400
        assert "Mallory" not in browser.get("/account").text

    def test_without_a_page_of_its_own_is_shown_to_be_sent_again(self, browser: Browser) -> None:
        browser.sign_in()
        path = "/account/sessions/end-others"
        page = post(browser, path, {"note": "old", "csrf_token": "old"}, Sec_Fetch_Site="none")
        assert page.status_code == 400
        assert 'data-testid="send-again"' in page.text
        assert f'action="{path}"' in page.text
        assert 'value="old"' in page.text
        foreign = post(browser, path, {"note": "old"}, Sec_Fetch_Site="same-site")
        assert "send-again" not in foreign.text
        assert "was sent from another site" in foreign.text
