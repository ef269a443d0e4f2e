"""Which browsers an account knows, so that a stranger's guesses lock its owner out of none."""

import pytest
from flask import Flask
from sqlalchemy import text

from tests.conftest import services_of
from tests.support.browser import EMAIL, PASSWORD, Browser, set_cookies
from tests.support.clock import Clock
from tests.support.guessing import (
    WRONG,
    assert_has_to_wait,
    guess_from_a_browser,
    lock,
)
from tests.support.mails import mailed_path
from tests.support.sql import connected
from webapp import create_app
from webapp.core.models import UserChanges
from webapp.store.sql.devices import remember_device
from webapp.store.sql.errors import transaction

GRACE = "grace@example.com"
NEW = "a whole new wool jumper"

Environment = dict[str, str]


def test_the_account_knows_the_last_fifty(
    app: Flask, owner: Browser, environment: Environment, clock: Clock
) -> None:
    now = int(clock())
    lock(app)
    with app.app_context():
        user, _ = services_of(app).accounts.find(EMAIL)
        assert user
        for number in range(49):
            with transaction():
                remember_device(user.id, f"device {number}", now + 1 + number)
        owner.sign_in()
        owner.sign_out()
        clock.advance(100)
        for number in range(49, 99):
            with transaction():
                remember_device(user.id, f"device {number}", int(clock()))
    with connected(environment) as sql:
        assert sql.execute(text("SELECT count(*) FROM devices")).scalar() == 50
    assert_has_to_wait(guess_from_a_browser(owner, PASSWORD))


class TestNewPassword:
    """A thief of the old one may have made browsers known."""

    @pytest.fixture
    def thief(self, app: Flask) -> Browser:
        browser = Browser(app)
        browser.sign_in()
        browser.sign_out()
        return browser

    def assert_a_stranger(self, browser: Browser) -> None:
        lock(browser.client.application)
        assert_has_to_wait(guess_from_a_browser(browser, NEW))

    def test_one_that_is_chosen_leaves_this_browser_known_and_no_other(
        self, owner: Browser, thief: Browser
    ) -> None:
        owner.sign_in()
        form = {"current_password": PASSWORD, "new_password": NEW}
        assert owner.post("/account/password", **form).status_code == 303
        owner.sign_out()
        self.assert_a_stranger(thief)
        owner.sign_in(password=NEW)

    def test_one_that_is_refused_leaves_all_known(
        self, app: Flask, owner: Browser, thief: Browser
    ) -> None:
        owner.sign_in()
        form = {"current_password": WRONG, "new_password": NEW}
        assert owner.post("/account/password", **form).status_code == 422
        lock(app)
        thief.sign_in()

    def test_one_by_mail_leaves_none_known_but_where_it_was_chosen(
        self, app: Flask, owner: Browser, thief: Browser
    ) -> None:
        owner.post("/forgot-password", email=EMAIL)
        assert owner.post(mailed_path(app, EMAIL), password=NEW).status_code == 303
        self.assert_a_stranger(thief)
        owner.sign_in(password=NEW)

    def test_one_from_an_admin_leaves_none_known(
        self, app: Flask, thief: Browser, clock: Clock
    ) -> None:
        with app.app_context():
            user, _ = services_of(app).accounts.find(EMAIL)
            assert user
            services_of(app).user_admin.change(user.id, UserChanges(password=NEW), clock())
        self.assert_a_stranger(thief)

    def test_the_same_at_another_cost_leaves_all_known(
        self, owner: Browser, environment: Environment, clock: Clock
    ) -> None:
        dearer = create_app(environment | {"WEBAPP_BCRYPT_ROUNDS": "5"}, clock)
        known = Browser(dearer)
        known.client.set_cookie("known_browser", owner.cookie("known_browser") or "")
        Browser(dearer).sign_in()
        lock(dearer)
        known.sign_in()


class TestMailedLink:
    """A stranger's guesses have locked the account; its owner comes by a link."""

    def test_after_a_reset_that_browser_signs_in_at_once(self, app: Flask) -> None:
        browser = Browser(app)
        browser.post("/forgot-password", email=EMAIL)
        path = mailed_path(app, EMAIL)
        answer = browser.post(path, password=NEW)
        assert "known_browser" in set_cookies(answer)
        lock(app)
        browser.sign_in(password=NEW)
        assert_has_to_wait(guess_from_a_browser(Browser(app), NEW))

    def test_after_a_reset_what_was_guessed_before_counts_no_more(
        self, app: Flask, owner: Browser
    ) -> None:
        lock(app)
        for _ in range(30):
            guess_from_a_browser(owner)
        assert_has_to_wait(guess_from_a_browser(owner, PASSWORD))
        owner.post("/forgot-password", email=EMAIL)
        owner.post(mailed_path(app, EMAIL), password=NEW)
        owner.sign_in(password=NEW)
        Browser(app).sign_in(password=NEW)

    @pytest.mark.parametrize("way", ["looked at", "with a weak password", "used twice"])
    def test_a_link_that_sets_no_password_makes_no_browser_known(
        self, app: Flask, way: str
    ) -> None:
        Browser(app).post("/forgot-password", email=EMAIL)
        path, browser = mailed_path(app, EMAIL), Browser(app)
        if way == "used twice":
            assert Browser(app).post(path, password=NEW).status_code == 303
            token = browser.csrf_token("/login")
            form = {"csrf_token": token, "password": NEW}
            answer = browser.client.post(path, data=form, headers=browser.headers)
            assert answer.status_code == 410
        elif way == "looked at":
            answer = browser.get(path)
        else:
            answer = browser.post(path, password="password1234567")
            assert answer.status_code == 422
        assert "known_browser" not in set_cookies(answer)
        lock(app)
        assert guess_from_a_browser(browser, NEW).status_code == 429

    def test_the_owner_of_a_pending_account_confirms_and_signs_in(
        self, environment: Environment, clock: Clock
    ) -> None:
        careful = create_app(environment | {"WEBAPP_EMAIL_CONFIRMATION": "true"}, clock)
        browser = Browser(careful)
        browser.post("/register", name="Grace", email=GRACE, password=PASSWORD)
        lock(careful, GRACE)
        path = mailed_path(careful, GRACE)
        assert browser.post(path, password=PASSWORD).status_code == 303
        browser.sign_in(GRACE)

    def test_who_has_the_link_of_a_pending_account_has_thirty_guesses(
        self, environment: Environment, clock: Clock
    ) -> None:
        careful = create_app(environment | {"WEBAPP_EMAIL_CONFIRMATION": "true"}, clock)
        browser = Browser(careful)
        browser.post("/register", name="Grace", email=GRACE, password=PASSWORD)
        path = mailed_path(careful, GRACE)
        answers = [browser.post(path, password=WRONG).status_code for _ in range(31)]
        assert answers == [422] * 30 + [429]
        assert "known_browser" not in set_cookies(browser.get("/login"))

    def test_another_address_is_confirmed_where_the_new_one_is_read(self, app: Flask) -> None:
        owner, new = Browser(app), "countess@example.com"
        owner.sign_in()
        owner.post("/account", name="Ada", email=new, current_password=PASSWORD)
        elsewhere = Browser(app)
        assert elsewhere.post(mailed_path(app, new)).status_code == 303
        lock(app, new)
        elsewhere.sign_in(new)

    def test_an_address_that_is_put_back_leaves_no_browser_of_the_thief_known(
        self, app: Flask
    ) -> None:
        thief, owner, new = Browser(app), Browser(app), "mallory@example.com"
        thief.sign_in()
        thief.post("/account", name="Ada", email=new, current_password=PASSWORD)
        thief.post(mailed_path(app, new))
        answer = owner.post(mailed_path(app, EMAIL))
        assert "known_browser" in set_cookies(answer)
        owner.post(answer.location, password=NEW)
        lock(app)
        assert_has_to_wait(guess_from_a_browser(thief, NEW))
        owner.sign_in(password=NEW)
