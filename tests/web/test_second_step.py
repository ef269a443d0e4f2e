"""A code after the password: nothing is open before it, and each code signs in once."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pyotp
import pytest
from flask import Flask

from tests.conftest import services_of
from tests.support.api import Program, error_code
from tests.support.browser import EMAIL, FIREFOX, PASSWORD, Browser, set_cookies
from tests.support.clock import Clock
from tests.support.commands import read
from tests.support.factors import create_codes, switch_on_second_step, user_of
from tests.support.mails import mailed_path, subjects
from tests.support.servers import RedisServer
from webapp import create_app
from webapp.core.errors import Unavailable
from webapp.store.redis.generations import RedisGenerations
from webapp.store.sql.errors import transaction
from webapp.store.sql.models import DeviceRow, SessionRow, db
from webapp.store.sql.second_factors import use_code

STEP = "/login/second-step"
DEVICES = "/account/sessions"
NEW = "a whole new wool jumper"


@pytest.fixture
def totp(app: Flask, clock: Clock) -> pyotp.TOTP:
    """The app of an account whose second step is on, half a minute later."""
    totp = switch_on_second_step(app)
    clock.advance(30)
    return totp


def enter_password(browser: Browser, password: str = PASSWORD, **more: str) -> None:
    answer = browser.post("/login", email=EMAIL, password=password, **more)
    assert (answer.status_code, answer.location) == (303, STEP)


def count(app: Flask, table: type) -> int:
    with app.app_context():
        return db.session.query(table).count()


def test_after_the_password_nothing_is_open_but_this_page(
    app: Flask, browser: Browser, totp: pyotp.TOTP
) -> None:
    enter_password(browser)
    assert {name: browser.cookie(name) for name in ("refresh_token", "access_token")} == {
        "refresh_token": None,
        "access_token": None,
    }
    assert (count(app, SessionRow), count(app, DeviceRow)) == (0, 0)
    for path in ("/dashboard", "/account", "/account/security", "/account/authenticator"):
        assert "/login" in browser.get(path).location
    assert browser.get("/forward").status_code == 401
    assert browser.get(STEP).status_code == 200


def test_the_code_signs_in_with_what_the_form_had_wanted(
    browser: Browser, clock: Clock, totp: pyotp.TOTP
) -> None:
    enter_password(browser, remember="y", next="/account")
    answer = browser.post(STEP, code=totp.at(clock()))
    assert (answer.status_code, answer.location) == (303, "/account")
    assert "Max-Age=" in set_cookies(answer)["refresh_token"]
    assert "Max-Age=0" in set_cookies(answer)["second_step"]
    assert browser.is_in()


def test_the_state_is_a_cookie_that_scripts_and_other_sites_never_see(
    browser: Browser, totp: pyotp.TOTP
) -> None:
    answer = browser.post("/login", email=EMAIL, password=PASSWORD)
    line = set_cookies(answer)["second_step"]
    assert "HttpOnly" in line
    assert "SameSite=Lax" in line
    assert "Max-Age" not in line


def test_a_code_is_used_once(app: Flask, clock: Clock, totp: pyotp.TOTP) -> None:
    code = totp.at(clock())
    for status in (303, 422):
        browser = Browser(app)
        enter_password(browser)
        assert browser.post(STEP, code=code).status_code == status
    assert "used already" in browser.post(STEP, code=code).text


def test_the_code_of_the_set_up_is_used_already(app: Flask, clock: Clock) -> None:
    totp = switch_on_second_step(app)
    browser = Browser(app)
    enter_password(browser)
    assert browser.post(STEP, code=totp.at(clock())).status_code == 422


@pytest.mark.parametrize("kind", ["code", "recovery_code"])
def test_of_parallel_requests_with_one_code_one_signs_in(
    app: Flask, clock: Clock, totp: pyotp.TOTP, kind: str
) -> None:
    code = totp.at(clock()) if kind == "code" else create_codes(app)[0]
    browsers = [Browser(app) for _ in range(4)]
    for browser in browsers:
        enter_password(browser)
    tokens = [browser.csrf_token(STEP) for browser in browsers]

    def send(browser: Browser, token: str) -> int:
        data = {"csrf_token": token, kind: code}
        return browser.client.post(STEP, data=data, headers=browser.headers).status_code

    with ThreadPoolExecutor(4) as pool:
        answers = sorted(pool.map(send, browsers, tokens))
    assert answers == [303, 422, 422, 422]
    assert count(app, SessionRow) == 1


@pytest.mark.parametrize(("steps", "status"), [(-2, 422), (-1, 303), (0, 303), (1, 422), (2, 422)])
def test_the_code_of_this_step_and_of_the_one_before_is_good(
    app: Flask, clock: Clock, steps: int, status: int
) -> None:
    totp = switch_on_second_step(app)
    clock.advance(300)
    browser = Browser(app)
    enter_password(browser)
    assert browser.post(STEP, code=totp.at(clock() + 30 * steps)).status_code == status


@pytest.mark.parametrize("code", ["", "12345", "1234567", "abcdef", "١٢٣٤٥٦", "0" * 19, "\ud83d"])
def test_what_is_no_code_is_refused_with_words(
    browser: Browser, totp: pyotp.TOTP, code: str
) -> None:
    enter_password(browser)
    data = {"csrf_token": browser.csrf_token(STEP), "code": code.encode("utf-8", "replace")}
    answer = browser.client.post(STEP, data=data, headers=browser.headers)
    assert answer.status_code == 422
    assert 'data-testid="error-code"' in answer.text


def test_spaces_in_a_code_do_not_matter(browser: Browser, clock: Clock, totp: pyotp.TOTP) -> None:
    enter_password(browser)
    code = totp.at(clock())
    assert browser.post(STEP, code=f" {code[:3]} {code[3:]} ").status_code == 303


def test_guesses_are_counted_for_the_account_and_its_known_browser_has_its_own(
    app: Flask, clock: Clock, totp: pyotp.TOTP
) -> None:
    """Five wrong codes from anywhere; then a right one waits, too."""
    known = Browser(app, FIREFOX)
    enter_password(known)
    assert known.post(STEP, code=totp.at(clock())).status_code == 303
    known.sign_out()
    clock.advance(60)
    codes = [f"{number:06}" for number in range(6)]
    right = totp.at(clock())
    seen = []
    for code in [each for each in codes if each != right][:5]:
        stranger = Browser(app)
        enter_password(stranger)
        seen.append(stranger.post(STEP, code=code).status_code)
    assert seen == [422] * 5
    answer = stranger.post(STEP, code=right)
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0
    program = {"email": EMAIL, "password": PASSWORD, "code": right}
    assert Program(app).call("POST", "/auth/login", program).status_code == 429
    enter_password(known)
    assert known.post(STEP, code=right).status_code == 303


def test_who_has_used_up_the_guesses_gets_in_with_a_recovery_code(
    app: Flask, totp: pyotp.TOTP
) -> None:
    recovery = create_codes(app)[3]
    browser = Browser(app)
    enter_password(browser)
    for number in range(5):
        browser.post(STEP, code=f"{number:06}")
    assert browser.post(STEP, code="999999").status_code == 429
    assert browser.post(STEP, recovery_code=recovery).status_code == 303


def test_a_recovery_code_works_once_in_any_spelling_and_is_mailed(
    app: Flask, totp: pyotp.TOTP
) -> None:
    code = create_codes(app)[0]
    for spelling, status in [(code.upper().replace("-", " "), 303), (code, 422)]:
        browser = Browser(app)
        enter_password(browser)
        assert browser.post(STEP, recovery_code=spelling).status_code == status
    assert "A recovery code was used" in subjects(app, EMAIL)
    with app.app_context():
        assert services_of(app).factors.codes.present(user_of(app).id).left == 9


def test_a_recovery_code_in_the_field_of_the_app_works_and_is_no_guess(
    app: Flask, browser: Browser, totp: pyotp.TOTP
) -> None:
    code = create_codes(app)[0]
    enter_password(browser)
    for number in range(5):
        browser.post(STEP, code=f"{number:06}")
    wrong = browser.post(STEP, code="aaaa-" * 6)
    assert wrong.status_code == 422
    assert "That recovery code is not right" in wrong.text
    assert browser.post(STEP, code=code).status_code == 303


def test_a_code_that_is_sent_again_is_no_guess(
    app: Flask, browser: Browser, clock: Clock, totp: pyotp.TOTP
) -> None:
    code = totp.at(clock())
    enter_password(browser)
    browser.post(STEP, code=code)
    other = Browser(app)
    enter_password(other)
    assert {other.post(STEP, code=code).status_code for _ in range(6)} == {422}
    clock.advance(30)
    assert other.post(STEP, code=totp.at(clock())).status_code == 303


def test_an_admins_reset_also_ends_the_wait_after_wrong_codes(
    app: Flask, browser: Browser, clock: Clock, totp: pyotp.TOTP
) -> None:
    enter_password(browser)
    for number in range(5):
        browser.post(STEP, code=f"{number:06}")
    with app.app_context():
        services_of(app).factors.security.reset(user_of(app), clock())
    totp = switch_on_second_step(app)
    clock.advance(30)
    enter_password(browser)
    assert browser.post(STEP, code=totp.at(clock())).status_code == 303


def test_after_a_recovery_code_its_user_sees_how_many_are_left(
    app: Flask, browser: Browser, totp: pyotp.TOTP
) -> None:
    for used, code in enumerate(create_codes(app)[:8], start=1):
        enter_password(browser)
        browser.post(STEP, recovery_code=code)
        page = browser.get("/dashboard").text
        assert f"Codes left: {10 - used}." in page
        assert ('data-testid="offer-codes"' in page) == (used == 8)
        browser.sign_out()


def test_after_a_code_of_the_app_no_recovery_code_is_counted(
    browser: Browser, clock: Clock, totp: pyotp.TOTP
) -> None:
    enter_password(browser)
    browser.post(STEP, code=totp.at(clock()))
    assert "Codes left" not in browser.get("/dashboard").text


def test_new_recovery_codes_make_the_old_ones_void(app: Flask, totp: pyotp.TOTP) -> None:
    old, new = create_codes(app)[0], create_codes(app)[0]
    browser = Browser(app)
    enter_password(browser)
    assert browser.post(STEP, recovery_code=old).status_code == 422
    assert browser.post(STEP, recovery_code=new).status_code == 303


def test_a_trusted_browser_needs_no_code_for_thirty_days(
    browser: Browser, clock: Clock, totp: pyotp.TOTP
) -> None:
    enter_password(browser)
    browser.post(STEP, code=totp.at(clock()), trust="y")
    assert 'data-testid="trusted-browser"' in browser.get("/account/security").text
    browser.sign_out()
    clock.advance(30 * 24 * 3600 - 60)
    assert browser.sign_in().location == "/dashboard"
    browser.sign_out()
    clock.advance(60)
    enter_password(browser)


def test_the_list_of_trusted_browsers_marks_this_one(
    app: Flask, browser: Browser, clock: Clock, totp: pyotp.TOTP
) -> None:
    other = Browser(app, FIREFOX)
    for one in (browser, other):
        enter_password(one)
        one.post(STEP, code=totp.at(clock()), trust="y")
        clock.advance(30)
    for one, name in ((browser, "Chrome 142"), (other, "Firefox 144")):
        page = one.get("/account/security").text
        assert page.count('data-testid="trusted-browser"') == 2
        assert re.findall(r"<h3>\s*(\w+ \d+)[^<]*<span[^>]*this-browser", page) == [name]
    answer = other.post("/account/security/end-trust", form_on="/account/security")
    assert "Each browser will need a code" in other.get(answer.location).text


def end_trust(browser: Browser) -> None:
    browser.post("/account/security/end-trust", form_on="/account/security")


def change_password(browser: Browser) -> None:
    browser.post("/account/password", current_password=PASSWORD, new_password=NEW)


@pytest.mark.parametrize(("end", "password"), [(end_trust, PASSWORD), (change_password, NEW)])
def test_trust_ends_by_hand_and_with_the_password(
    browser: Browser, clock: Clock, totp: pyotp.TOTP, end: Callable[[Browser], None], password: str
) -> None:
    enter_password(browser)
    browser.post(STEP, code=totp.at(clock()), trust="y")
    end(browser)
    browser.sign_out()
    enter_password(browser, password)


def test_trust_is_for_one_account(
    app: Flask, browser: Browser, clock: Clock, totp: pyotp.TOTP
) -> None:
    with app.app_context():
        services_of(app).accounts.register("eve@example.com", PASSWORD, now=clock())
    switch_on_second_step(app, "eve@example.com")
    enter_password(browser)
    browser.post(STEP, code=totp.at(clock()), trust="y")
    browser.sign_out()
    answer = browser.post("/login", email="eve@example.com", password=PASSWORD)
    assert answer.location == STEP


def test_a_new_password_between_the_steps_makes_the_first_one_void(
    app: Flask, browser: Browser, clock: Clock, totp: pyotp.TOTP
) -> None:
    enter_password(browser)
    page = browser.csrf_token(STEP)
    Browser(app).post("/forgot-password", email=EMAIL)
    Browser(app).post(mailed_path(app, EMAIL), password=NEW)
    data = {"csrf_token": page, "code": totp.at(clock())}
    answer = browser.client.post(STEP, data=data, headers=browser.headers)
    assert answer.location.startswith("/login")
    assert not browser.is_in()


def test_after_ten_minutes_the_password_is_needed_again(
    browser: Browser, clock: Clock, totp: pyotp.TOTP
) -> None:
    enter_password(browser)
    clock.advance(600)
    assert browser.get(STEP).location.startswith("/login")
    assert "took too long" in browser.get("/login").text


def test_opened_without_a_first_step_it_leads_to_the_sign_in_and_says_nothing(
    browser: Browser, totp: pyotp.TOTP
) -> None:
    browser.get("/login")
    by_hand = {"Sec-Fetch-Site": "none"}
    assert browser.get(STEP, **by_hand).location == "/login"
    assert "took too long" not in browser.get("/login").text


def test_what_is_over_is_said_once(browser: Browser, clock: Clock, totp: pyotp.TOTP) -> None:
    enter_password(browser)
    clock.advance(600)
    for said in (True, False):
        browser.get(STEP)
        assert ("took too long" in browser.get("/login").text) == said


def test_who_has_lost_all_is_sent_to_an_administrator(browser: Browser, totp: pyotp.TOTP) -> None:
    enter_password(browser)
    assert "Ask an administrator" in browser.get(STEP).text


@pytest.mark.parametrize("value", ["", "x", "W10.x", "W10=" * 500])
def test_a_forged_state_opens_nothing(browser: Browser, totp: pyotp.TOTP, value: str) -> None:
    browser.client.set_cookie("second_step", value)
    assert browser.get(STEP).location.startswith("/login")


def test_without_cookies_the_sign_in_page_says_so(browser: Browser, totp: pyotp.TOTP) -> None:
    enter_password(browser)
    for name in ("second_step", "evergreen_session"):
        browser.client.delete_cookie(name)
    answer = browser.get(STEP)
    assert 'data-testid="cookies-needed"' in browser.get(answer.location).text


def test_a_reset_by_mail_does_not_switch_it_off(
    app: Flask, browser: Browser, clock: Clock, totp: pyotp.TOTP
) -> None:
    browser.post("/forgot-password", email=EMAIL)
    assert browser.post(mailed_path(app, EMAIL), password=NEW).status_code == 303
    assert browser.post("/login", email=EMAIL, password=NEW).location == STEP
    assert not browser.is_in()


def test_a_session_that_can_not_be_opened_uses_no_code_up(
    app: Flask, browser: Browser, clock: Clock, totp: pyotp.TOTP, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: object, **more: object) -> None:
        raise Unavailable

    recovery = create_codes(app)[0]
    for data in ({"code": totp.at(clock())}, {"recovery_code": recovery}):
        enter_password(browser)
        with monkeypatch.context() as broken:
            broken.setattr(RedisGenerations, "start", fail)
            assert browser.post(STEP, **data).status_code == 503
        assert browser.post(STEP, **data).status_code == 303
        browser.sign_out()


def test_after_a_wrong_code_a_recovery_code_signs_in(
    app: Flask, browser: Browser, totp: pyotp.TOTP
) -> None:
    recovery = create_codes(app)[0]
    enter_password(browser)
    page = browser.post(STEP, code="000000").text
    assert 'value="000000"' not in page
    answer = browser.post(STEP, code="000000", recovery_code=f" {recovery} ")
    assert answer.status_code == 303


def test_who_guesses_codes_has_the_password_and_the_owner_is_mailed_once(
    app: Flask, browser: Browser, totp: pyotp.TOTP
) -> None:
    enter_password(browser)
    for number in range(8):
        answer = browser.post(STEP, code=f"{number:06}")
    assert answer.status_code == 429
    assert "use a recovery code or a passkey" in answer.text
    assert subjects(app, EMAIL).count("Someone else may have your password") == 1


def test_a_second_step_that_was_switched_off_meanwhile_leads_to_the_password(
    app: Flask, browser: Browser, clock: Clock, totp: pyotp.TOTP
) -> None:
    enter_password(browser)
    with app.app_context():
        services_of(app).factors.apps.switch_off(user_of(app), clock())
    assert browser.get(STEP).location.startswith("/login")


def test_the_state_ends_with_a_sign_out_and_with_another_sign_in(
    app: Flask, browser: Browser, clock: Clock, totp: pyotp.TOTP
) -> None:
    with app.app_context():
        services_of(app).accounts.register("eve@example.com", PASSWORD, now=clock())
    enter_password(browser)
    browser.sign_in("eve@example.com")
    assert browser.cookie("second_step") is None
    browser.sign_out()
    enter_password(browser)
    assert (
        browser.client.post("/logout", headers={"Sec-Fetch-Site": "same-origin"}).status_code == 303
    )
    assert browser.cookie("second_step") is None


@pytest.mark.parametrize("path", ["end-others", "one"])
def test_a_browser_that_is_signed_out_from_elsewhere_is_not_trusted_any_more(
    app: Flask, browser: Browser, clock: Clock, totp: pyotp.TOTP, path: str
) -> None:
    other = Browser(app, FIREFOX)
    for one in (other, browser):
        enter_password(one)
        assert one.post(STEP, code=totp.at(clock()), trust="y").status_code == 303
        clock.advance(30)
    sid = re.search(r'data-sid="([^"]+)"\s+data-current="false"', browser.get(DEVICES).text)
    assert sid
    action = f"{DEVICES}/{sid[1]}/end" if path == "one" else f"{DEVICES}/end-others"
    assert browser.post(action, form_on=DEVICES).status_code == 303
    enter_password(other)
    browser.sign_out()
    assert browser.sign_in().location == "/dashboard"


def test_an_outage_loses_neither_the_code_nor_the_first_step(
    browser: Browser, clock: Clock, totp: pyotp.TOTP, redis_server: RedisServer
) -> None:
    enter_password(browser)
    token, code = browser.csrf_token(STEP), totp.at(clock())
    data = {"csrf_token": token, "code": code}
    with redis_server.paused():
        answer = browser.client.post(STEP, data=data, headers=browser.headers)
        assert answer.status_code == 503
        assert "Retry-After" in answer.headers
    assert browser.post(STEP, code=code).status_code == 303


class TestApi:
    def call(self, app: Flask, **more: str) -> "tuple[int, str]":
        body = {"email": EMAIL, "password": PASSWORD, **more}
        answer = Program(app).call("POST", "/auth/login", body)
        return answer.status_code, error_code(answer) if answer.status_code != 200 else ""

    def test_without_a_code_it_says_what_is_needed(self, app: Flask, totp: pyotp.TOTP) -> None:
        assert self.call(app) == (401, "second_step_required")
        assert self.call(app, password="a wrong one") == (401, "invalid_credentials")

    def test_a_code_or_a_recovery_code_signs_in_once(
        self, app: Flask, clock: Clock, totp: pyotp.TOTP
    ) -> None:
        code, recovery = totp.at(clock()), create_codes(app)[0]
        assert self.call(app, code=code) == (200, "")
        assert self.call(app, code=code) == (401, "invalid_credentials")
        assert self.call(app, recovery_code=recovery) == (200, "")
        assert self.call(app, recovery_code=recovery) == (401, "invalid_credentials")

    def test_an_account_without_a_second_step_may_send_one(self, app: Flask) -> None:
        assert self.call(app, code="123456") == (200, "")


class TestSetUp:
    def page(self, browser: Browser, path: str = "/account/authenticator") -> "tuple[str, str]":
        text = browser.get(path).text
        setup = re.search(r'name="setup"[^>]*value="([^"]+)"', text)
        secret = re.search(r'data-testid="totp-secret">([^<]+)<', text)
        assert setup
        assert secret
        return setup[1], secret[1].replace(" ", "")

    def test_recovery_codes_come_first(self, app: Flask, browser: Browser) -> None:
        browser.sign_in()
        assert browser.get("/account/authenticator").location == "/account/recovery-codes"
        assert "Step 1 of 2" in browser.get("/account/recovery-codes").text
        create_codes(app)
        assert "Step 2 of 2" in browser.get("/account/authenticator").text

    def test_another_phone_replaces_the_app(
        self, app: Flask, browser: Browser, clock: Clock
    ) -> None:
        browser.sign_in()
        switch_on_second_step(app)
        clock.advance(30)
        path = "/account/authenticator?again=yes"
        assert "Step 2 of 2" not in browser.get(path).text
        setup, secret = self.page(browser, path)
        code = pyotp.TOTP(secret).at(clock())
        answer = browser.post(path, setup=setup, code=code)
        assert "The authenticator app was replaced." in browser.get(answer.location).text

    def test_a_wrong_code_keeps_the_secret_and_a_right_one_switches_it_on(
        self, app: Flask, browser: Browser, clock: Clock
    ) -> None:
        browser.sign_in()
        create_codes(app)
        setup, secret = self.page(browser)
        answer = browser.post("/account/authenticator", setup=setup, code="000000")
        assert answer.status_code == 422
        assert secret in answer.text.replace(" ", "")
        code = pyotp.TOTP(secret).at(clock())
        for _ in range(2):  # and once more: a double click
            answer = browser.post("/account/authenticator", setup=setup, code=code)
            assert answer.location == "/account/security"
        assert subjects(app, EMAIL).count("A way to sign in was added") == 2  # codes, app

    def test_the_page_shows_the_same_secret_until_it_is_used(
        self, app: Flask, browser: Browser, clock: Clock
    ) -> None:
        browser.sign_in()
        create_codes(app)
        setup, secret = self.page(browser)
        assert self.page(browser) == (setup, secret)
        code = pyotp.TOTP(secret).at(clock())
        browser.post("/account/authenticator", setup=setup, code=code)
        assert self.page(browser, "/account/authenticator?again=yes")[1] != secret

    def test_wrong_codes_there_do_not_count(
        self, app: Flask, browser: Browser, clock: Clock
    ) -> None:
        browser.sign_in()
        create_codes(app)
        setup, secret = self.page(browser)
        for number in range(8):
            browser.post("/account/authenticator", setup=setup, code=f"{number:06}")
        code = pyotp.TOTP(secret).at(clock())
        answer = browser.post("/account/authenticator", setup=setup, code=code)
        assert answer.location == "/account/security"

    def test_another_users_secret_is_refused(self, app: Flask, browser: Browser) -> None:
        browser.sign_in()
        create_codes(app)
        setup, secret = self.page(browser)
        with app.app_context():
            services_of(app).accounts.register("eve@example.com", PASSWORD, now=0)
        create_codes(app, "eve@example.com")
        eve = Browser(app)
        eve.sign_in("eve@example.com")
        answer = eve.post("/account/authenticator", setup=setup, code=pyotp.TOTP(secret).now())
        assert "expired" in answer.text
        assert secret not in answer.text.replace(" ", "")

    def test_another_key_of_the_app_reads_no_secret_and_an_earlier_one_does(
        self, app: Flask, environment: dict[str, str], clock: Clock
    ) -> None:
        totp = switch_on_second_step(app)
        clock.advance(30)
        old, new = services_of(app).settings.secret_key, "another secret of the app, long enough"
        for fallbacks, status in (("", 422), (old, 303)):
            settings = {"WEBAPP_SECRET_KEY": new, "WEBAPP_SECRET_KEY_FALLBACKS": fallbacks}
            browser = Browser(create_app(environment | settings, clock))
            enter_password(browser)
            answer = browser.post(STEP, code=totp.at(clock()))
            assert answer.status_code == status
            assert ("can&#39;t be checked any more" in answer.text) == (status == 422)


class TestKeys:
    def test_a_use_or_the_command_encrypts_with_the_present_key(
        self, app: Flask, environment: dict[str, str], clock: Clock
    ) -> None:
        totp = switch_on_second_step(app)
        old, new = services_of(app).settings.secret_key, "another secret of the app, long enough"
        both = {"WEBAPP_SECRET_KEY": new, "WEBAPP_SECRET_KEY_FALLBACKS": old}
        with_both = create_app(environment | both, clock)
        assert read(with_both, "keys", "reencrypt") == {"encrypted": 1, "unreadable": 0}
        clock.advance(30)
        browser = Browser(create_app(environment | {"WEBAPP_SECRET_KEY": new}, clock))
        enter_password(browser)
        assert browser.post(STEP, code=totp.at(clock())).status_code == 303

    def test_the_command_counts_what_it_can_not_read(
        self, app: Flask, environment: dict[str, str], clock: Clock
    ) -> None:
        switch_on_second_step(app)
        new = {"WEBAPP_SECRET_KEY": "another secret of the app, long enough"}
        done = read(create_app(environment | new, clock), "keys", "reencrypt")
        assert done == {"encrypted": 0, "unreadable": 1}


class TestRecoveryCodes:
    def new(self, browser: Browser) -> "tuple[str, list[str]]":
        shown = browser.post("/account/recovery-codes/new", form_on="/account/recovery-codes")
        page = browser.get(shown.location).text
        batch = re.search(r'name="batch"[^>]*value="([^"]+)"', page)
        assert batch
        return batch[1], re.findall(r'recovery-code-shown">([^<]+)<', page)

    def left(self, app: Flask) -> int:
        with app.app_context():
            return services_of(app).factors.codes.present(user_of(app).id).left

    def test_ten_of_120_bits_are_shown_and_valid_once_they_are_saved(
        self, app: Flask, browser: Browser
    ) -> None:
        browser.sign_in()
        batch, codes = self.new(browser)
        assert len(set(codes)) == 10
        assert all(re.fullmatch(r"([a-z2-7]{4}-){5}[a-z2-7]{4}", code) for code in codes)
        assert self.left(app) == 0
        answer = browser.post("/account/recovery-codes", batch=batch)
        assert answer.status_code == 422
        assert codes[0] in answer.text
        answer = browser.post("/account/recovery-codes", batch=batch, saved="y")
        assert answer.location == "/account/authenticator"
        assert self.left(app) == 10
        assert codes[0] not in browser.get("/account/recovery-codes").text

    def test_the_page_shows_the_same_ones_until_they_are_saved(
        self, app: Flask, browser: Browser
    ) -> None:
        browser.sign_in()
        path = "/account/recovery-codes/new"
        assert browser.get(path).location == "/account/recovery-codes"
        batch, codes = self.new(browser)
        assert codes[0] in browser.get(path).text
        browser.post("/account/recovery-codes", batch=batch, saved="y")
        assert browser.get(path).location == "/account/recovery-codes"

    def test_a_lost_answer_leaves_the_old_ones(self, app: Flask, browser: Browser) -> None:
        create_codes(app)
        browser.sign_in()
        self.new(browser)
        assert self.left(app) == 10

    def test_sent_twice_or_after_a_use_nothing_comes_back(
        self, app: Flask, browser: Browser, clock: Clock
    ) -> None:
        browser.sign_in()
        batch, codes = self.new(browser)
        later, _ = self.new(browser)
        form = "/account/recovery-codes"
        assert browser.post(form, batch=batch, saved="y").status_code == 303
        with app.app_context():
            hashed = services_of(app).factors.codes.check(user_of(app), codes[0], clock())
            with transaction():
                use_code(user_of(app).id, hashed, int(clock()))
        browser.post(form, batch=batch, saved="y")
        assert self.left(app) == 9
        assert browser.post(form, batch=later, saved="y").location == form
        assert self.left(app) == 9

    def test_they_are_downloaded_without_scripts(self, browser: Browser) -> None:
        browser.sign_in()
        batch, codes = self.new(browser)
        path, form = "/account/recovery-codes/download", "/account/recovery-codes"
        answer = browser.post(path, form_on=form, batch=batch)
        assert answer.mimetype == "text/plain"
        assert answer.text.split("\n\n")[1].split() == codes
        assert "attachment" in answer.headers["Content-Disposition"]
        head = answer.text.split("\n\n")[0]
        assert head.startswith(f"Recovery codes for {EMAIL} at Evergreen, created ")
        assert re.search(r"\d+ \w+ 20\d\d", head)
        page = browser.get(f"{form}/new").text
        assert f'data-testid="codes-heading">Recovery codes for {EMAIL} at Evergreen, ' in page
        assert browser.post(path, form_on=form, batch="x").location == form
        browser.post(form, batch=batch, saved="y")  # then they can't be shown again
        assert browser.post(path, form_on=form, batch=batch).location == form

    def test_only_who_had_codes_reads_of_earlier_ones(self, browser: Browser) -> None:
        browser.sign_in()
        for had in (False, True):
            batch, _ = self.new(browser)
            answer = browser.post("/account/recovery-codes", batch=batch, saved="y")
            assert ("Earlier ones" in browser.get(answer.location).text) == had
