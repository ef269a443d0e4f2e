"""Deleting one's account: meant by its owner, for good, and all of it."""

from flask import Flask
from sqlalchemy import func, select

from tests.conftest import services_of
from tests.support.api import Program
from tests.support.browser import EMAIL, FIREFOX, PASSWORD, Browser, set_cookies
from tests.support.mails import mails_to, subjects
from webapp.store.sql.models import EventRow, SessionRow, UserRow, db

DELETE = "/account/delete"


def kept_about(app: Flask, user_id: str) -> list[int]:
    """How many rows there are: the user's own, sessions, events."""
    with app.app_context():
        columns = (UserRow.id, SessionRow.user_id, EventRow.user_id)
        counts = [select(func.count()).where(column == user_id) for column in columns]
        return [db.session.scalar(count) or 0 for count in counts]


def id_of(app: Flask) -> str:
    with app.app_context():
        user, _ = services_of(app).accounts.find(EMAIL)
    assert user
    return user.id


def test_everything_is_gone_at_once(app: Flask, browser: Browser) -> None:
    elsewhere, program = Browser(app, FIREFOX), Program(app)
    elsewhere.sign_in()
    refresh_token = program.log_in()["refresh_token"]
    browser.sign_in()
    held = {"refresh_token": browser.refresh_token, "access_token": browser.access_token}
    user_id = id_of(app)
    assert kept_about(app, user_id)[:2] == [1, 3]
    answer = browser.post(DELETE, password=PASSWORD, confirm=" ADA@Example.com ")
    assert (answer.status_code, answer.location) == (303, "/")
    assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert all("Max-Age=0" in set_cookies(answer)[name] for name in held)
    assert "Your account is deleted" in browser.get("/").text
    browser.keep(held)
    assert not browser.is_in()
    assert not elsewhere.is_in()
    assert "This account no longer exists." in elsewhere.get("/login").text
    assert program.call("GET", "/auth/profile").status_code == 401
    assert program.refresh(refresh_token).status_code == 401
    assert Browser(app).post("/login", email=EMAIL, password=PASSWORD).status_code == 422
    assert kept_about(app, user_id) == [0, 0, 0]


def test_the_page_names_all_that_goes(browser: Browser) -> None:
    browser.sign_in()
    assert "passkeys, authenticator app and recovery codes" in browser.get(DELETE).text


def test_its_owner_gets_a_mail_and_may_register_again(app: Flask, browser: Browser) -> None:
    browser.sign_in()
    browser.post(DELETE, password=PASSWORD, confirm=EMAIL)
    assert subjects(app, EMAIL) == ["Your account is deleted"]
    browser.post("/register", name="Ada", email=EMAIL, password=PASSWORD)
    browser.sign_in()


# Password and typed address → the error.
NOT_MEANT = [
    (PASSWORD, "", "Type your e-mail address."),
    (PASSWORD, "delete", f"Type {EMAIL} to confirm."),
    (PASSWORD, "grace@example.com", f"Type {EMAIL} to confirm."),
    ("", EMAIL, "Enter your password."),
    ("not my password at all", EMAIL, "That is not your password."),
]


def test_without_the_password_and_the_typed_address_nothing_is_deleted(
    app: Flask, browser: Browser
) -> None:
    browser.sign_in()
    for password, typed, complaint in NOT_MEANT:
        answer = browser.post(DELETE, password=password, confirm=typed)
        assert answer.status_code == 422, complaint
        assert complaint in answer.text
        assert browser.is_in()
    assert mails_to(app, EMAIL) == []


def test_the_last_admin_stays_and_stays_signed_in(app: Flask, browser: Browser) -> None:
    with app.app_context():
        services_of(app).accounts.register("root@example.com", PASSWORD, role="admin", now=0)
    browser.sign_in("root@example.com")
    answer = browser.post(DELETE, password=PASSWORD, confirm="root@example.com")
    assert answer.status_code == 422
    assert "the last admin" in answer.text
    assert browser.is_in()
    assert mails_to(app, "root@example.com") == []
