"""Register, log in, log out, and what a stranger gets."""

import pytest
from flask import Flask

from tests.support.browser import EMAIL, PASSWORD, Browser, set_cookies
from tests.support.clock import Clock
from webapp import create_app
from webapp.store.sql.users import SqlUsers


def test_a_registered_user_signs_in(browser: Browser) -> None:
    answer = browser.post(
        "/register?next=/account", name="Grace", email="grace@example.com", password=PASSWORD
    )
    assert answer.status_code == 303
    assert answer.location == "/login?next=/account"
    assert "You can sign in now" in browser.get("/login").text
    browser.sign_in(email="grace@example.com")
    assert "grace@example.com" in browser.get("/dashboard").text


@pytest.mark.parametrize(
    ("email", "password", "complaint"),
    [
        ("", PASSWORD, "Enter your e-mail address."),
        ("grace@", PASSWORD, "Enter an e-mail address like"),
        ("grace@example.com", "too short", "Use at least 15 characters"),
        ("grace@example.com", "x" * 1025, "Use at most 1024 "),
    ],
)
def test_what_is_wrong_with_a_registration_is_said_and_what_was_typed_is_kept(
    browser: Browser, email: str, password: str, complaint: str
) -> None:
    answer = browser.post("/register", name="Grace", email=email, password=password)
    assert answer.status_code == 422
    assert complaint in answer.text
    assert 'value="Grace"' in answer.text
    assert not browser.refresh_token


@pytest.mark.parametrize(
    ("email", "password"),
    [(EMAIL, "wrong"), ("nobody@example.com", PASSWORD), ("not an address", PASSWORD)],
)
def test_a_wrong_login_says_the_same_whatever_was_wrong(
    browser: Browser, email: str, password: str
) -> None:
    answer = browser.post("/login", email=email, password=password)
    assert answer.status_code == 422
    assert "do not match an account" in answer.text
    assert not browser.refresh_token


def test_an_address_is_the_same_in_capitals_and_between_spaces(browser: Browser) -> None:
    browser.sign_in(email=" ADA@Example.com ")
    assert browser.is_in()


def test_a_stranger_is_sent_to_the_login_page_and_then_to_where_they_wanted(
    browser: Browser,
) -> None:
    answer = browser.get("/account?tab=name")
    assert answer.location == "/login?next=/account?tab%3Dname"
    page = browser.get(answer.location)
    assert 'value="/account?tab=name"' in page.text
    answer = browser.sign_in(next="/account?tab=name")
    assert answer.location == "/account?tab=name"


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example/dashboard",
        "/\\evil.example",
        "/\t/evil.example",
        "\\\\evil.example",
        "javascript:alert(1)",
        "/dashboard\r\nSet-Cookie: a=b",
        "dashboard",
        "/logout",
        "/login",
        "/no-such-page",
        "/api/v1/protected",
        "/static/favicon.svg",
        "/favicon.ico",
        "/%2f%2fevil.example",
        "",
    ],
)
def test_next_never_leaves_the_site(browser: Browser, target: str) -> None:
    assert browser.sign_in(next=target).location == "/dashboard"


def test_who_is_signed_in_needs_no_login_page(browser: Browser) -> None:
    browser.sign_in()
    assert browser.get("/login?next=/account").location == "/account"
    assert browser.get("/register").location == "/dashboard"


def test_logout_ends_the_session_deletes_the_cookies_and_clears_the_browser(
    browser: Browser,
) -> None:
    browser.sign_in()
    held = {"refresh_token": browser.refresh_token, "access_token": browser.access_token}
    answer = browser.sign_out()
    assert answer.status_code == 303
    assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert all("Max-Age=0" in set_cookies(answer)[name] for name in held)
    assert not browser.refresh_token
    browser.keep(held)
    assert not browser.is_in()
    browser.keep({"access_token": held["access_token"]})
    assert not browser.is_in()
    assert browser.fetch("/api/v1/protected", held["access_token"]).status_code == 401


def test_logout_works_with_an_expired_access_token_and_an_old_refresh_token(
    app: Flask, browser: Browser, clock: Clock
) -> None:
    browser.sign_in()
    old = {"refresh_token": browser.refresh_token}
    late = Browser(app)
    late.get("/login")
    csrf_token = late.csrf_token("/login")
    clock.advance(400)
    assert browser.is_in()
    late.client.set_cookie("refresh_token", old["refresh_token"])
    late.client.post("/logout", data={"csrf_token": csrf_token}, headers=late.headers)
    assert not browser.is_in()


def test_logging_out_twice_is_as_good_as_once(browser: Browser) -> None:
    browser.sign_in()
    browser.sign_out()
    answer = browser.post("/logout", form_on="/login")
    assert answer.status_code == 303


@pytest.mark.parametrize("left", ["refresh_token", "access_token"])
def test_logout_ends_the_session_whichever_cookie_is_left(browser: Browser, left: str) -> None:
    browser.sign_in()
    held = {"refresh_token": browser.refresh_token, "access_token": browser.access_token}
    csrf_token = browser.csrf_token("/account")
    browser.keep({left: held[left]})
    browser.client.post("/logout", data={"csrf_token": csrf_token}, headers=browser.headers)
    browser.keep(held)
    assert not browser.is_in()


def test_an_old_access_token_signs_no_user_out(app: Flask, browser: Browser, clock: Clock) -> None:
    """A stranger may have found it in a log: neither signing out nor in with it ends the session.

    With the cookies lost there is nothing to end, and the stranger's cookies are deleted.
    """
    browser.sign_in()
    old = browser.access_token
    clock.advance(301)
    assert browser.is_in()
    stranger = Browser(app)
    stranger.keep({"access_token": old})
    answer = stranger.post("/logout", form_on="/login")
    assert (answer.status_code, answer.location) == (303, "/login")
    assert "Max-Age=0" in set_cookies(answer)["access_token"]
    stranger.keep({"access_token": old})
    stranger.sign_in()
    assert browser.is_in()


def test_logout_needs_no_cookie_of_flask(browser: Browser) -> None:
    """A browser that was restarted has kept the sign-in, and lost what lasts as long as it runs."""
    browser.sign_in()
    csrf_token = browser.csrf_token("/account")
    browser.client.delete_cookie("evergreen_session")
    browser.client.post("/logout", data={"csrf_token": csrf_token}, headers=browser.headers)
    assert not browser.is_in()


def test_a_program_that_is_no_browser_sees_who_is_signed_in(browser: Browser) -> None:
    browser.sign_in()
    assert browser.client.get("/login").location == "/dashboard"
    assert browser.client.get("/login", headers={"Accept": "*/*"}).location == "/dashboard"


def test_a_form_made_before_another_user_signed_in_is_void(browser: Browser) -> None:
    browser.sign_in()
    made_for_ada = browser.csrf_token("/account")
    browser.sign_out()
    browser.post("/register", name="Grace", email="grace@example.com", password=PASSWORD)
    browser.sign_in(email="grace@example.com")
    form = {"csrf_token": made_for_ada, "name": "Ada", "email": "grace@example.com"}
    answer = browser.client.post("/account", data=form, headers=browser.headers)
    assert answer.status_code == 400
    assert 'value="Grace"' in browser.get("/account").text


def test_next_survives_the_way_over_registration(browser: Browser) -> None:
    assert 'href="/register?next=/account"' in browser.get("/login?next=/account").text
    assert 'href="/login?next=/account"' in browser.get("/register?next=/account").text


@pytest.mark.parametrize("path", ["/login", "/register", "/logout", "/account"])
def test_a_form_without_the_csrf_token_changes_nothing(browser: Browser, path: str) -> None:
    browser.sign_in()
    answer = browser.client.post(path, data={"email": "x@example.com"}, headers=browser.headers)
    assert answer.status_code == 400
    assert "Nothing was changed" in answer.text
    assert browser.is_in()


def test_a_change_of_address_asks_for_the_password_and_a_change_of_name_does_not(
    browser: Browser,
) -> None:
    browser.sign_in()
    assert browser.post("/account", name="Ada L", email=EMAIL).status_code == 303
    answer = browser.post("/account", name="Ada L", email="new@example.com")
    assert "Enter your current password" in answer.text
    answer = browser.post(
        "/account", name="Ada L", email="new@example.com", current_password="wrong"
    )
    assert "That is not your password" in answer.text
    answer = browser.post(
        "/account", name="Ada L", email="new@example.com", current_password=PASSWORD
    )
    assert answer.status_code == 303
    assert "new@example.com" in browser.get("/dashboard").text


def test_logging_in_again_ends_the_browsers_previous_session(app: Flask, browser: Browser) -> None:
    browser.sign_in()
    held = {"refresh_token": browser.refresh_token, "access_token": browser.access_token}
    form = {"csrf_token": browser.csrf_token("/account"), "email": EMAIL, "password": PASSWORD}
    assert browser.client.post("/login", data=form, headers=browser.headers).status_code == 303
    assert browser.is_in()
    old = Browser(app)
    old.keep(held)
    assert not old.is_in()


def test_a_stranger_with_a_mangled_address_still_gets_the_login_page(browser: Browser) -> None:
    answer = browser.client.get(
        "/account", headers=browser.headers, environ_overrides={"QUERY_STRING": "x=\xff\xfe"}
    )
    assert answer.status_code == 303


def test_a_login_brings_the_hash_to_the_cost_of_the_setting(
    environment: dict[str, str], clock: Clock
) -> None:
    app = create_app(environment | {"WEBAPP_BCRYPT_ROUNDS": "5"}, clock)
    for _ in range(2):
        Browser(app).sign_in()
    with app.app_context():
        found = SqlUsers().by_email(EMAIL)
    assert found
    assert found[1].startswith("$2b$05$")
