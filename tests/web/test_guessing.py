"""Guessing passwords: ten tries, however many machines; and the owner gets in meanwhile."""

import re
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from itsdangerous import Signer
from werkzeug.test import TestResponse

from tests.conftest import services_of
from tests.support.api import Program, error_code
from tests.support.browser import EMAIL, PASSWORD, Browser, set_cookies
from tests.support.clock import Clock
from tests.support.guessing import (
    QUARTER_OF_AN_HOUR,
    WRONG,
    assert_has_to_wait,
    guess,
    guess_from_a_browser,
    lock,
    use_up_an_address,
)
from tests.support.servers import RedisServer
from webapp import create_app
from webapp.core.models import UserChanges
from webapp.core.passwords import Passwords
from webapp.core.rate_limits import CHECK_PER_ACCOUNT

GRACE = "grace@example.com"

Environment = dict[str, str]


@pytest.fixture
def checks(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every password that is compared with a hash."""
    checked: list[str] = []
    matches = Passwords.verify

    def noted(self: Passwords, password: str, hashed: str | None) -> bool:
        found = matches(self, password, hashed)
        checked.append(password)
        return found

    monkeypatch.setattr(Passwords, "verify", noted)
    return checked


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> Callable[[float], None]:
    """Move the app's clock, and the one that attempts are counted by."""

    def move(seconds: float) -> None:
        clock.advance(seconds)
        now = time.time() + seconds
        monkeypatch.setattr(time, "time", lambda: now)

    return move


@pytest.fixture
def grace(app: Flask) -> Browser:
    """Another user, in a browser that is known to the account."""
    with app.app_context():
        services_of(app).accounts.register(GRACE, PASSWORD, name="Grace", now=0)
    browser = Browser(app)
    browser.sign_in(GRACE)
    browser.sign_out()
    return browser


@pytest.fixture
def behind_a_proxy(environment: Environment, clock: Clock) -> Flask:
    return create_app(environment | {"WEBAPP_TRUSTED_PROXIES": "1"}, clock)


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[RedisServer]:
    """A server of this test alone, to be stopped."""
    (tmp_path / "redis").mkdir()
    server = RedisServer(tmp_path / "redis").start()
    yield server
    server.stop()


class TestAccount:
    def test_after_ten_wrong_passwords_from_ten_addresses_the_right_one_is_refused_too(
        self, app: Flask, checks: list[str]
    ) -> None:
        lock(app)
        for password in (WRONG, PASSWORD):
            assert_has_to_wait(guess(app, password, address="203.0.113.1"))
        assert checks == [WRONG] * 10

    def test_the_login_page_and_the_api_count_together(self, app: Flask) -> None:
        for host in range(5):
            browser = Browser(app)
            browser.client.environ_base["REMOTE_ADDR"] = f"198.51.100.{host}"
            assert guess_from_a_browser(browser).status_code == 422
            assert guess(app, address=f"203.0.113.{host}").status_code == 401
        assert_has_to_wait(guess(app, PASSWORD))
        answer = guess_from_a_browser(Browser(app), PASSWORD)
        assert_has_to_wait(answer)
        assert "refresh_token" not in set_cookies(answer)

    @pytest.mark.thorough("guesses by the hundred")
    def test_a_thousand_addresses_at_once_have_ten_guesses_together(
        self, app: Flask, checks: list[str]
    ) -> None:
        addresses = [f"10.0.{number // 250}.{number % 250}" for number in range(1000)]

        def guess_from(address: str) -> TestResponse:
            """Again, while more guess at once than can be hashed at once."""
            while (answer := guess(app, address=address)).status_code == 503:
                continue
            return answer

        with ThreadPoolExecutor(20) as threads:
            answers = list(threads.map(guess_from, addresses))
        assert len(checks) == 10
        statuses = [answer.status_code for answer in answers]
        assert (statuses.count(401), statuses.count(429)) == (10, 990)

    def test_ways_to_type_the_address_are_no_extra_guesses(self, app: Flask) -> None:
        lock(app)
        for typed in (EMAIL.upper(), f" {EMAIL} "):
            assert_has_to_wait(guess(app, PASSWORD, email=typed))

    def test_other_accounts_stay_open(self, app: Flask, grace: Browser) -> None:
        lock(app)
        assert guess(app, PASSWORD, email=GRACE).status_code == 200

    def test_an_account_that_is_not_there_is_locked_like_any_other(self, app: Flask) -> None:
        lock(app, "nobody@example.com")
        assert_has_to_wait(guess(app, email="nobody@example.com"))

    def test_after_a_quarter_of_an_hour_it_is_open_again(
        self, app: Flask, later: Callable[[float], None]
    ) -> None:
        lock(app)
        later(QUARTER_OF_AN_HOUR - 10)
        assert_has_to_wait(guess(app, PASSWORD), at_most=11)
        later(11)
        assert guess(app, PASSWORD).status_code == 200

    def test_successes_do_not_count(self, app: Flask) -> None:
        answers = [guess(app, PASSWORD) for _ in range(25)]
        assert [answer.status_code for answer in answers] == [200] * 25

    def test_after_many_successes_it_waits_as_well_and_no_other_account_does(
        self, app: Flask, grace: Browser, monkeypatch: pytest.MonkeyPatch, checks: list[str]
    ) -> None:
        """A limit of three instead of 300, which would take a while."""
        few = replace(CHECK_PER_ACCOUNT, amount=3)
        monkeypatch.setattr("webapp.core.rate_limits.CHECK_PER_ACCOUNT", few)
        assert [guess(app, PASSWORD).status_code for _ in range(3)] == [200] * 3
        assert_has_to_wait(guess(app, PASSWORD))
        assert_has_to_wait(guess_from_a_browser(Browser(app), PASSWORD))
        assert checks == [PASSWORD] * 3
        assert guess(app, PASSWORD, email=GRACE).status_code == 200

    def test_a_success_in_between_forgives_no_failure(self, app: Flask) -> None:
        for _ in range(10):
            assert guess(app).status_code == 401
            last = guess(app, PASSWORD)
        assert_has_to_wait(last)

    def test_a_program_gets_it_as_json(self, app: Flask) -> None:
        lock(app)
        answer = guess(app)
        assert_has_to_wait(answer)
        assert answer.json["status"] == 429
        assert error_code(answer) == "rate_limited"

    def test_no_address_stands_in_redis(self, app: Flask, redis_server: RedisServer) -> None:
        guess(app)
        keys = redis_server.client().keys("attempts:*")
        assert len(keys) == 2
        assert not any("ada@" in key or "example" in key for key in keys)


FORGERIES = ("garbage", "unsigned", "signed by another", "changed", "of a session")


class TestKnownBrowser:
    def test_the_owner_signs_in_while_strangers_guess(self, app: Flask, owner: Browser) -> None:
        lock(app)
        assert_has_to_wait(guess_from_a_browser(Browser(app), PASSWORD))
        owner.sign_in()
        assert owner.is_in()

    def test_its_cookie_is_for_the_server_alone_and_outlives_the_sign_in(self, app: Flask) -> None:
        answer = Browser(app).sign_in()
        cookie = set_cookies(answer)["known_browser"]
        for attribute in ("HttpOnly", "SameSite=Lax", "Path=/", f"Max-Age={400 * 86400}"):
            assert attribute in cookie
        assert "Domain" not in cookie

    def test_its_cookie_names_no_user_and_is_the_same_for_all_accounts(
        self, grace: Browser
    ) -> None:
        before = grace.cookie("known_browser") or ""
        assert re.fullmatch(r"[\w-]{22}\.[\w-]{27}", before)
        grace.sign_in()
        assert grace.cookie("known_browser") == before

    def test_it_keeps_its_id_and_needs_no_second_cookie(self, owner: Browser) -> None:
        assert "known_browser" not in set_cookies(owner.sign_in())

    def test_it_knows_the_account_however_its_address_is_typed(
        self, app: Flask, owner: Browser
    ) -> None:
        lock(app)
        owner.sign_in(f" {EMAIL.upper()}")

    def test_its_own_failures_are_counted_and_lock_no_other_browser_out(
        self, app: Flask, owner: Browser, checks: list[str]
    ) -> None:
        for _ in range(30):
            assert guess_from_a_browser(owner).status_code == 422
        assert_has_to_wait(guess_from_a_browser(owner, PASSWORD))
        assert checks == [WRONG] * 30
        Browser(app).sign_in()

    def test_twelve_sign_ins_are_no_more_guesses_than_one(
        self, app: Flask, checks: list[str]
    ) -> None:
        browsers = [Browser(app) for _ in range(12)]
        for browser in browsers:
            browser.sign_in()
            browser.sign_out()
        checks.clear()
        for _ in range(3):
            for browser in browsers:
                guess_from_a_browser(browser)
        assert checks == [WRONG] * 30
        for browser in browsers:
            assert_has_to_wait(guess_from_a_browser(browser, PASSWORD))

    def test_a_stranger_at_the_same_address_cannot_lock_it_out(
        self, app: Flask, owner: Browser
    ) -> None:
        use_up_an_address(app, address="127.0.0.1")
        assert_has_to_wait(guess_from_a_browser(Browser(app), PASSWORD))
        owner.sign_in()

    def test_who_is_signed_in_is_no_stranger_whatever_the_client(self, app: Flask) -> None:
        program = Program(app)
        program.log_in()
        lock(app)
        change = {"email": "ada@example.org", "current_password": PASSWORD}
        assert program.call("PATCH", "/auth/profile", change).status_code == 200

    def test_one_that_is_known_to_another_account_is_a_stranger(
        self, app: Flask, grace: Browser, checks: list[str]
    ) -> None:
        lock(app)
        checks.clear()
        assert_has_to_wait(guess_from_a_browser(grace, PASSWORD))
        assert not checks

    def test_people_who_share_one_are_both_known(self, app: Flask, grace: Browser) -> None:
        grace.sign_in()
        grace.sign_out()
        lock(app)
        lock(app, GRACE)
        grace.sign_in()
        grace.sign_out()
        grace.sign_in(GRACE)

    def test_the_next_owner_of_an_address_does_not_know_the_browsers_of_the_one_before(
        self, app: Flask, owner: Browser, checks: list[str], clock: Clock
    ) -> None:
        accounts = services_of(app).accounts
        with app.app_context():
            before, _ = accounts.find(EMAIL)
            assert before
            services_of(app).user_admin.remove(before.id, clock())
            accounts.register(EMAIL, PASSWORD, now=clock())
        lock(app)
        checks.clear()
        assert_has_to_wait(guess_from_a_browser(owner, PASSWORD))
        assert not checks

    def test_an_account_knows_its_browsers_by_another_address_too(
        self, app: Flask, owner: Browser, clock: Clock
    ) -> None:
        new = "countess@example.com"
        with app.app_context():
            user, _ = services_of(app).accounts.find(EMAIL)
            assert user
            services_of(app).user_admin.change(user.id, UserChanges(email=new), clock())
        lock(app, new)
        owner.sign_in(new)

    def test_a_wrong_password_makes_no_browser_known(self, browser: Browser) -> None:
        assert "known_browser" not in set_cookies(guess_from_a_browser(browser))

    @pytest.mark.parametrize("forge", FORGERIES)
    def test_a_forged_cookie_does_not_help(
        self, app: Flask, owner: Browser, checks: list[str], forge: str
    ) -> None:
        real = owner.cookie("known_browser") or ""
        known, secret = real.partition(".")[0], str(app.secret_key)
        forged = {
            "garbage": "garbage",
            "unsigned": known,
            "signed by another": Signer("x" * 32, salt="device").sign(known).decode(),
            "changed": f"{'A' if real[0] != 'A' else 'B'}{real[1:]}",
            "of a session": Signer(secret, salt="device of a session").sign(known).decode(),
        }[forge]
        lock(app)
        checks.clear()
        thief = Browser(app)
        thief.client.set_cookie("known_browser", forged)
        assert_has_to_wait(guess_from_a_browser(thief, PASSWORD))
        assert not checks


class TestClient:
    """Registered programs. `shop` has a secret, `phone` has none."""

    def sign_in(self, app: Flask, **client: str) -> TestResponse:
        body = {"email": EMAIL, "password": PASSWORD, **client}
        return Program(app).call("POST", "/auth/login", body)

    def test_one_with_its_secret_signs_users_in_while_strangers_guess(
        self, app: Flask, secret: str
    ) -> None:
        lock(app)
        assert_has_to_wait(self.sign_in(app))
        answer = self.sign_in(app, client_id="shop", client_secret=secret)
        assert answer.status_code == 200

    @pytest.mark.usefixtures("secret")
    def test_one_without_a_secret_may_be_anybody(self, app: Flask) -> None:
        lock(app)
        assert_has_to_wait(self.sign_in(app, client_id="phone"))

    def test_guesses_in_one_lock_no_user_out_elsewhere(self, app: Flask, secret: str) -> None:
        wrong = {"email": EMAIL, "password": WRONG, "client_id": "shop", "client_secret": secret}
        program = Program(app)
        answers = [program.call("POST", "/auth/login", wrong).status_code for _ in range(11)]
        assert answers == [401] * 10 + [429]
        assert self.sign_in(app).status_code == 200


class TestAddress:
    def test_a_hundred_wrong_passwords_for_a_hundred_accounts_close_it(
        self, app: Flask, checks: list[str]
    ) -> None:
        use_up_an_address(app)
        checks.clear()
        assert_has_to_wait(guess(app, PASSWORD))
        assert not checks
        assert guess(app, PASSWORD, address="192.0.2.2").status_code == 200

    def test_all_addresses_of_one_ipv6_customer_are_one(self, app: Flask) -> None:
        for number in range(100):
            guess(app, email=f"user{number}@example.com", address=f"2001:db8::{number:x}")
        assert_has_to_wait(guess(app, PASSWORD, address="2001:db8::ffff:1"))
        assert guess(app, PASSWORD, address="2001:db8:0:1::1").status_code == 200

    def test_without_a_trusted_proxy_what_a_client_says_of_itself_changes_nothing(
        self, app: Flask
    ) -> None:
        for number in range(100):
            guess(app, email=f"user{number}@example.com", forwarded_for=f"10.0.0.{number}")
        assert_has_to_wait(guess(app, PASSWORD, forwarded_for="10.0.1.1"))

    def test_behind_a_trusted_proxy_each_client_is_counted_apart(
        self, behind_a_proxy: Flask
    ) -> None:
        use_up_an_address(behind_a_proxy, forwarded_for="203.0.113.1")
        assert_has_to_wait(guess(behind_a_proxy, PASSWORD, forwarded_for="203.0.113.1"))
        answer = guess(behind_a_proxy, PASSWORD, forwarded_for="203.0.113.2")
        assert answer.status_code == 200

    def test_behind_a_proxy_that_names_ports_a_new_connection_is_no_new_client(
        self, behind_a_proxy: Flask, redis_server: RedisServer
    ) -> None:
        for port in (1, 2):
            for written in ("203.0.113.1:{}", "[2001:db8::1]:{}", "junk-{}"):
                guess(behind_a_proxy, forwarded_for=written.format(port))
        counted = redis_server.client().keys("attempts*address/*")
        assert len(counted) == 3, counted

    def test_behind_a_trusted_proxy_a_forged_hop_changes_nothing(
        self, behind_a_proxy: Flask
    ) -> None:
        for number in range(100):
            forged = f"10.0.0.{number}, 203.0.113.1"
            guess(behind_a_proxy, email=f"user{number}@example.com", forwarded_for=forged)
        answer = guess(behind_a_proxy, PASSWORD, forwarded_for="10.0.1.1, 203.0.113.1")
        assert_has_to_wait(answer)


def test_when_redis_is_down_no_password_is_checked(
    environment: Environment, clock: Clock, own_redis: RedisServer, checks: list[str]
) -> None:
    app = create_app(environment | {"REDIS_URL": own_redis.url}, clock)
    browser = Browser(app)
    form = {"csrf_token": browser.csrf_token("/login"), "email": EMAIL, "password": PASSWORD}
    own_redis.stop()
    assert browser.client.post("/login", data=form, headers=browser.headers).status_code == 503
    assert guess(app, PASSWORD).status_code == 503
    own_redis.start()
    assert not checks
    assert guess(app, PASSWORD).status_code == 200


def test_switched_off_nothing_is_counted(
    environment: Environment, clock: Clock, redis_server: RedisServer
) -> None:
    app = create_app(environment | {"WEBAPP_RATELIMIT_ENABLED": "false"}, clock)
    assert [guess(app).status_code for _ in range(12)] == [401] * 12
    assert guess(app, PASSWORD).status_code == 200
    assert not redis_server.client().keys("attempts:*")


MAILS = {
    "/register": {"name": "Grace", "password": PASSWORD},
    "/forgot-password": {},
    "/verify-email": {},
}


def ask_for_mail(app: Flask, path: str, email: str, address: str) -> TestResponse:
    browser = Browser(app)
    browser.client.environ_base["REMOTE_ADDR"] = address
    return browser.post(path, form_on="/login", email=email, **MAILS[path])


@pytest.mark.parametrize("path", MAILS)
class TestMail:
    """What sends mail to an address that a stranger may type."""

    def test_five_an_hour_to_an_address_from_any_client(self, app: Flask, path: str) -> None:
        for host in range(5):
            answer = ask_for_mail(app, path, GRACE, f"198.51.100.{host}")
            assert answer.status_code != 429
        assert_has_to_wait(ask_for_mail(app, path, GRACE, "203.0.113.1"), at_most=3600)

    @pytest.mark.thorough("guesses by the hundred")
    def test_sixty_an_hour_from_an_address_to_whomever(self, app: Flask, path: str) -> None:
        for number in range(60):
            answer = ask_for_mail(app, path, f"user{number}@example.com", "192.0.2.1")
            assert answer.status_code != 429
        assert_has_to_wait(ask_for_mail(app, path, GRACE, "192.0.2.1"), at_most=3600)
        assert ask_for_mail(app, path, GRACE, "192.0.2.2").status_code != 429


def test_registering_over_the_api_counts_with_the_page(app: Flask, program: Program) -> None:
    body = {"email": GRACE, "password": PASSWORD}
    for host in range(4):
        ask_for_mail(app, "/register", GRACE, f"198.51.100.{host}")
    assert program.call("POST", "/auth/register", body).status_code != 429
    answer = program.call("POST", "/auth/register", body)
    assert_has_to_wait(answer, at_most=3600)
    assert error_code(answer) == "rate_limited"


class TestRefresh:
    @pytest.mark.thorough("guesses by the hundred")
    def test_six_hundred_a_minute_for_one_user_and_no_logout(self, program: Program) -> None:
        token = program.log_in()["refresh_token"]
        for _ in range(600):
            answer = program.refresh(token)
            assert answer.status_code == 200, answer.text
            token = answer.json["data"]["auth"]["refresh_token"]
        answer = program.refresh(token)
        assert_has_to_wait(answer, at_most=60)
        assert error_code(answer) == "rate_limited"
        assert program.call("GET", "/protected").status_code == 200

    @pytest.mark.thorough("guesses by the hundred")
    def test_twelve_hundred_a_minute_from_one_address(self, program: Program) -> None:
        statuses = {program.refresh("forged").status_code for _ in range(1200)}
        assert statuses == {401}
        assert_has_to_wait(program.refresh("forged"), at_most=60)

    def test_an_honest_one_asks_nothing_more_of_redis(
        self, program: Program, redis_server: RedisServer
    ) -> None:
        token = program.log_in()["refresh_token"]
        assert program.refresh(token).status_code == 200
        assert not redis_server.client().keys("attempts:*")
