"""Another e-mail address: it waits, it is confirmed, it can be undone, and it reveals nothing."""

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests.conftest import services_of
from tests.support.api import Program, error_code
from tests.support.browser import EMAIL, FIREFOX, PASSWORD, Browser
from tests.support.clock import Clock
from tests.support.mails import mailed_path, newest_mail, subjects
from webapp.core.email_tokens import CONFIRM_TTL, UNDO_TTL
from webapp.core.models import User, UserChanges
from webapp.store.sql.models import EmailChangeRow, db

GRACE, NEW, THIEFS, THIEFS_SECOND = (
    "grace@example.com",
    "ada@new.example",
    "eve@example.com",
    "eve@second.example",
)
NEW_PASSWORD = "a whole new wool jumper"
CONFIRM, REQUESTED, CHANGED = (
    "Please confirm your e-mail address",
    "A change of your e-mail address was requested",
    "Your e-mail address was changed",
)


def request_change(browser: Browser, email: str = NEW, password: str = PASSWORD) -> TestResponse:
    return browser.post("/account", name="Ada", email=email, current_password=password)


def move(app: Flask, browser: Browser, email: str) -> None:
    """Request the change, and press the button of the mailed link."""
    assert request_change(browser, email).status_code == 303
    assert browser.post(mailed_path(app, email)).status_code == 303


def signs_in(app: Flask, email: str, password: str = PASSWORD) -> bool:
    answer = Browser(app).post("/login", email=email, password=password)
    return answer.status_code == 303


def user_of(app: Flask, email: str) -> User:
    with app.app_context():
        user, _ = services_of(app).accounts.find(email)
    assert user
    return user


def change_by_admin(app: Flask, user: User, changes: UserChanges) -> None:
    services = services_of(app)
    with app.app_context():
        services.user_admin.change(user.id, changes, services.now())


@pytest.fixture
def ada(browser: Browser) -> Browser:
    browser.sign_in()
    return browser


@pytest.fixture
def grace(app: Flask, clock: Clock) -> User:
    """Another user."""
    with app.app_context():
        return services_of(app).accounts.register(GRACE, PASSWORD, now=clock())


class TestWaiting:
    def test_until_the_link_is_opened_the_old_address_signs_in(
        self, app: Flask, ada: Browser
    ) -> None:
        request_change(ada)
        assert signs_in(app, EMAIL)
        assert not signs_in(app, NEW)
        page = ada.get("/account").text
        assert f'data-testid="pending-email">{NEW}</b>' in page
        assert f'value="{EMAIL}"' in page

    def test_both_addresses_get_a_letter_at_once(self, app: Flask, ada: Browser) -> None:
        request_change(ada)
        assert subjects(app, NEW) == [CONFIRM]
        assert subjects(app, EMAIL) == [REQUESTED]
        assert NEW in newest_mail(app, EMAIL).text
        assert "Ada" not in newest_mail(app, NEW).text

    def test_looking_at_the_link_changes_nothing_and_its_button_does(
        self, app: Flask, ada: Browser
    ) -> None:
        request_change(ada)
        link = mailed_path(app, NEW)
        assert Browser(app).get(link).status_code == 200
        assert not signs_in(app, NEW)
        answer = ada.post(link)
        assert answer.status_code == 303
        assert ada.get(answer.location).location == "/account"
        assert f'value="{NEW}"' in ada.get("/account").text
        assert signs_in(app, NEW)
        assert not signs_in(app, EMAIL)
        assert ada.post(link, form_on="/account").status_code == 410

    def test_the_link_works_on_a_device_that_is_not_signed_in(
        self, app: Flask, ada: Browser
    ) -> None:
        request_change(ada)
        phone = Browser(app, FIREFOX)
        answer = phone.post(mailed_path(app, NEW))
        assert f'value="{NEW}"' in phone.get(answer.location).text
        assert not phone.is_in()

    def test_it_can_be_sent_again(self, app: Flask, ada: Browser, clock: Clock) -> None:
        request_change(ada)
        clock.advance(CONFIRM_TTL)
        first = mailed_path(app, NEW)
        assert ada.get(first).status_code == 410
        ada.post("/account/email/send-again", form_on="/account")
        assert ada.post(mailed_path(app, NEW)).status_code == 303
        assert signs_in(app, NEW)

    def test_it_can_be_cancelled(self, app: Flask, ada: Browser) -> None:
        request_change(ada)
        ada.post("/account/email/cancel", form_on="/account")
        page = ada.get("/account").text
        assert "pending-email" not in page
        assert ada.post(mailed_path(app, NEW), form_on="/account").status_code == 410
        assert signs_in(app, EMAIL)

    def test_a_second_wish_replaces_the_first(self, app: Flask, ada: Browser) -> None:
        request_change(ada, "typo@example.com")
        request_change(ada)
        assert ada.get(mailed_path(app, "typo@example.com")).status_code == 410
        assert ada.post(mailed_path(app, NEW)).status_code == 303

    def test_a_new_name_leaves_it_waiting(self, ada: Browser) -> None:
        request_change(ada)
        ada.post("/account", name="Countess", email=EMAIL)
        assert NEW in ada.get("/account").text

    @pytest.mark.parametrize("current", ["", "not my password"])
    def test_without_the_password_nothing_waits(
        self, app: Flask, ada: Browser, current: str
    ) -> None:
        assert request_change(ada, password=current).status_code == 422
        assert "pending-email" not in ada.get("/account").text
        assert subjects(app, NEW) + subjects(app, EMAIL) == []

    def test_typing_errors_use_up_no_letters(self, ada: Browser) -> None:
        for email in ("ada@", "ada", "a b@c.example", "@c.example", "x" * 300, EMAIL.upper()):
            assert request_change(ada, email).status_code in (303, 422)
        assert request_change(ada).status_code == 303
        assert f'data-testid="pending-email">{NEW}</b>' in ada.get("/account").text

    def test_a_reset_by_the_old_address_cancels_it(self, app: Flask, ada: Browser) -> None:
        """A thief who knew the password has asked for it."""
        request_change(ada, THIEFS)
        owner = Browser(app)
        owner.post("/forgot-password", email=EMAIL)
        owner.post(mailed_path(app, EMAIL), password=NEW_PASSWORD)
        assert owner.get(mailed_path(app, THIEFS)).status_code == 410
        assert signs_in(app, EMAIL, NEW_PASSWORD)

    @pytest.mark.parametrize(
        "changes", [UserChanges(password=NEW_PASSWORD), UserChanges(email="x@example.com")]
    )
    def test_an_admin_who_changes_password_or_address_cancels_it(
        self, app: Flask, ada: Browser, changes: UserChanges
    ) -> None:
        request_change(ada)
        change_by_admin(app, user_of(app, EMAIL), changes)
        assert Browser(app).get(mailed_path(app, NEW)).status_code == 410

    def test_the_api_shows_it_waiting(self, app: Flask) -> None:
        program = Program(app)
        program.log_in()
        body = {"email": NEW, "current_password": PASSWORD}
        answer = program.call("PATCH", "/auth/profile", body)
        assert answer.status_code == 200
        for shown in (answer, program.call("GET", "/auth/profile")):
            user = shown.json["data"]["user"]
            assert (user["email"], user["pending_email"]) == (EMAIL, NEW)


class TestNoEnumeration:
    def test_a_taken_address_is_answered_the_same_and_its_owner_gets_a_letter(
        self, app: Flask, ada: Browser, grace: User
    ) -> None:
        pages = []
        for email in (GRACE, NEW):
            answer = request_change(ada, email)
            assert (answer.status_code, answer.location) == (303, "/account")
            page = ada.get("/account").text
            pages.append(page.replace(email, "ADDRESS").partition("<main")[2].partition("csrf")[0])
        assert pages[0] == pages[1]
        assert subjects(app, GRACE) == ["You already have an account"]
        assert "127.0.0.1" in newest_mail(app, GRACE).text  # it was no admin

    def test_the_api_answers_the_same(self, app: Flask, grace: User) -> None:
        program = Program(app)
        program.log_in()
        users = []
        for email in (GRACE, NEW):
            body = {"email": email, "current_password": PASSWORD}
            answer = program.call("PATCH", "/auth/profile", body)
            assert answer.status_code == 200
            user = answer.json["data"]["user"]
            assert user.pop("pending_email") == email
            users.append(user)
        assert users[0] == users[1]

    def test_who_was_first_to_confirm_has_the_address(
        self, app: Flask, ada: Browser, clock: Clock
    ) -> None:
        request_change(ada)
        link = mailed_path(app, NEW)
        with app.app_context():
            services_of(app).accounts.register(NEW, NEW_PASSWORD, now=clock())
        assert ada.post(link).status_code == 410
        assert signs_in(app, EMAIL)
        assert signs_in(app, NEW, NEW_PASSWORD)


class TestUndo:
    @pytest.fixture
    def stolen(self, app: Flask, ada: Browser) -> str:
        """The way back, after a thief has moved the account and changed its password."""
        move(app, ada, THIEFS)
        way_back = mailed_path(app, EMAIL)
        answer = ada.post("/account/password", current_password=PASSWORD, new_password=NEW_PASSWORD)
        assert answer.status_code == 303
        return way_back

    def test_the_old_address_gets_a_letter_with_a_link(self, app: Flask, ada: Browser) -> None:
        move(app, ada, NEW)
        assert subjects(app, EMAIL) == [CHANGED, REQUESTED]
        letter = newest_mail(app, EMAIL)
        assert NEW in letter.text
        assert "within 7 days" in letter.text

    def test_it_ends_all_sessions_and_asks_for_a_new_password(
        self, app: Flask, ada: Browser, stolen: str
    ) -> None:
        owner = Browser(app, FIREFOX)
        assert owner.get(stolen).status_code == 200
        assert ada.is_in()
        answer = owner.post(stolen)
        assert answer.status_code == 303
        assert answer.location.startswith("/reset-password/")
        assert not ada.is_in()
        assert "was undone" in ada.get("/login").text
        assert not signs_in(app, THIEFS, NEW_PASSWORD)
        assert not signs_in(app, EMAIL, NEW_PASSWORD)
        for known in (PASSWORD, NEW_PASSWORD):  # to the thief
            assert owner.post(answer.location, password=known).status_code == 422
        assert owner.post(answer.location, password="the third password of it").status_code == 303
        assert signs_in(app, EMAIL, "the third password of it")

    def test_it_works_once_and_for_seven_days(self, app: Flask, stolen: str, clock: Clock) -> None:
        owner = Browser(app)
        clock.advance(UNDO_TTL - 1)
        assert owner.post(stolen).status_code == 303
        assert owner.get(stolen).status_code == 410
        assert owner.post(stolen, form_on="/login").status_code == 410

    def test_after_seven_days_it_is_over_and_the_address_is_free(
        self, app: Flask, stolen: str, clock: Clock
    ) -> None:
        clock.advance(UNDO_TTL)
        assert Browser(app).get(stolen).status_code == 410
        answer = Browser(app).post("/register", email=EMAIL, password=NEW_PASSWORD)
        assert answer.status_code == 303
        assert subjects(app, EMAIL)[0] == CONFIRM
        with app.app_context():
            services_of(app).retention.purge_batch(clock())
            assert db.session.query(EmailChangeRow).count() == 0

    def test_a_second_change_takes_no_address_of_another_user(
        self, app: Flask, ada: Browser, stolen: str
    ) -> None:
        thief = Browser(app)
        thief.sign_in(THIEFS, NEW_PASSWORD)
        assert request_change(thief, THIEFS_SECOND, NEW_PASSWORD).status_code == 303
        thief.post(mailed_path(app, THIEFS_SECOND))
        assert Browser(app).post(stolen).status_code == 303
        assert user_of(app, EMAIL)

    def test_the_thiefs_own_undo_neither_stops_it_nor_comes_after_it(
        self, app: Flask, ada: Browser, stolen: str
    ) -> None:
        thief = Browser(app)
        thief.sign_in(THIEFS, NEW_PASSWORD)
        for email in (THIEFS_SECOND, "eve@third.example"):
            request_change(thief, email, NEW_PASSWORD)
            thief.post(mailed_path(app, email))
        assert thief.post(mailed_path(app, THIEFS)).status_code == 303  # back to the first
        assert Browser(app).post(stolen).status_code == 303
        assert thief.get(mailed_path(app, THIEFS_SECOND)).status_code == 410
        assert subjects(app, THIEFS_SECOND).count(CHANGED) == 1
        assert user_of(app, EMAIL)

    def test_the_address_that_loses_the_account_gets_no_way_back(
        self, app: Flask, stolen: str
    ) -> None:
        Browser(app).post(stolen)
        assert subjects(app, THIEFS)[0] == CHANGED
        assert newest_mail(app, THIEFS).links == []

    @pytest.mark.parametrize("confirmed", [False, True])
    def test_no_other_user_can_take_the_old_address_meanwhile(
        self, app: Flask, stolen: str, clock: Clock, grace: User, confirmed: bool
    ) -> None:
        """By registering it, or by moving another account there."""
        if confirmed:
            other = Browser(app)
            other.sign_in(GRACE)
            request_change(other, EMAIL)
        else:
            Browser(app).post("/register", email=EMAIL, password=NEW_PASSWORD)
        assert subjects(app, EMAIL)[0] == CHANGED
        assert Browser(app).post(mailed_path(app, EMAIL)).status_code == 303
        assert user_of(app, EMAIL).id != grace.id

    def test_an_admin_cannot_take_it_by_mistake(self, app: Flask, stolen: str, grace: User) -> None:
        program = Program(app)
        change_by_admin(app, grace, UserChanges(role="admin"))
        program.log_in(GRACE)
        body = {"email": EMAIL, "password": NEW_PASSWORD}
        answer = program.call("POST", "/users", body)
        assert (answer.status_code, error_code(answer)) == (409, "conflict")

    def test_its_owner_can_go_back_by_themselves(self, app: Flask, ada: Browser) -> None:
        move(app, ada, NEW)
        move(app, ada, EMAIL)
        assert signs_in(app, EMAIL)

    def test_an_admin_has_the_last_word(self, app: Flask, stolen: str) -> None:
        """The old mailbox itself may be the one that was broken into."""
        user = user_of(app, THIEFS)
        change_by_admin(app, user, UserChanges(email="ada@safe.example"))
        assert Browser(app).get(stolen).status_code == 410

    def test_no_forged_link_undoes_anything(self, app: Flask, stolen: str) -> None:
        for link in (
            stolen[:-1],
            stolen.replace("/undo-email/", "/reset-password/"),
            "/undo-email/x",
        ):
            assert Browser(app).get(link).status_code == 410
