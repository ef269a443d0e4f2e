"""What an operator does for, and to, people with an account."""

import pytest
from flask import Flask

from tests.conftest import services_of
from tests.support.browser import EMAIL, PASSWORD, Browser
from tests.support.commands import read, refusal, run
from tests.support.factors import switch_on_second_step
from tests.support.mails import subjects

NEW = "a whole new wool jumper"
ROOT = "root@example.com"


@pytest.fixture
def ada(app: Flask) -> str:
    """Her id."""
    found: str = read(app, "users", "show", EMAIL)["id"]
    return found


@pytest.fixture
def admin(app: Flask) -> Browser:
    run(app, "users", "create", ROOT, "--admin", "--password-stdin", typed=PASSWORD + "\n")
    admin = Browser(app)
    admin.sign_in(ROOT)
    return admin


def test_a_user_is_named_by_address_or_by_id(app: Flask, ada: str) -> None:
    by_address, by_id = read(app, "users", "show", EMAIL.upper()), read(app, "users", "show", ada)
    assert by_address == by_id
    assert set(by_id) == {
        *("id", "email", "name", "role", "disabled", "confirmed", "created_at", "sessions"),
        *("pending_email", "password", "passkeys", "second_step", "recovery_codes"),
    }
    assert (by_id["email"], by_id["role"], by_id["disabled"]) == (EMAIL, "user", False)


@pytest.mark.parametrize("who", ["nobody@example.com", "no-such-id", "@"])
def test_an_unknown_user_is_one_line(app: Flask, who: str) -> None:
    assert refusal(app, "users", "show", who) == f"There is no user {who}."


def test_a_list_is_searched_and_says_when_there_are_more(app: Flask, admin: Browser) -> None:
    assert [user["email"] for user in read(app, "users", "list", "ada")] == [EMAIL]
    result = run(app, "users", "list", "--sort", "email", "--limit", "1")
    assert result.stdout.startswith(EMAIL)
    assert "--limit shows more" in result.stderr


def test_a_new_role_counts_at_once(app: Flask, browser: Browser) -> None:
    browser.sign_in()
    assert browser.get("/admin/users").status_code == 403
    assert read(app, "users", "set-role", EMAIL, "admin")["role"] == "admin"
    assert browser.get("/admin/users").status_code == 200


def test_an_unknown_role_is_a_wrong_use(app: Flask) -> None:
    assert run(app, "users", "set-role", EMAIL, "king").exit_code == 2


def test_the_last_admin_stays(app: Flask, admin: Browser) -> None:
    for command in ("disable", "delete"):
        assert "last admin" in refusal(app, "users", command, ROOT, "--yes")
    assert admin.is_in()


def test_who_is_disabled_is_out_until_enabled(app: Flask, browser: Browser) -> None:
    browser.sign_in()
    assert read(app, "users", "disable", EMAIL, "--yes")["disabled"]
    assert not browser.is_in()
    assert not read(app, "users", "enable", EMAIL)["disabled"]
    assert not browser.is_in()
    browser.sign_in()


def test_the_factors_of_a_user_who_has_lost_them_are_reset(app: Flask, browser: Browser) -> None:
    browser.sign_in()
    switch_on_second_step(app)
    shown = read(app, "users", "show", EMAIL)
    assert (shown["second_step"], shown["recovery_codes"], shown["password"]) == (True, 10, True)
    assert read(app, "users", "reset-factors", EMAIL, "--yes")["reset"]
    assert not browser.is_in()
    assert browser.sign_in().location == "/dashboard"
    assert "Your sign-in methods were reset" in subjects(app, EMAIL)


def test_another_password_signs_out_and_is_mailed(app: Flask, browser: Browser) -> None:
    browser.sign_in()
    typed = f"{NEW}\n{NEW}\n"
    assert run(app, "users", "set-password", EMAIL, typed=typed).exit_code == 0
    assert not browser.is_in()
    browser.sign_in(password=NEW)
    assert subjects(app, EMAIL) == ["New sign-in to your account", "Your password was changed"]


def test_a_weak_password_is_one_line(app: Flask) -> None:
    result = run(app, "users", "set-password", EMAIL, "--password-stdin", typed="password\n")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "at least 15 characters" in result.stderr


def test_end_sessions_counts_them(app: Flask, browser: Browser, ada: str) -> None:
    browser.sign_in()
    Browser(app).sign_in()
    assert read(app, "users", "end-sessions", ada, "--yes") == {"id": ada, "ended": 2}
    assert "administrator" in browser.get(browser.get("/dashboard").location).text


def test_delete_leaves_nothing(app: Flask, browser: Browser, ada: str) -> None:
    browser.sign_in()
    assert read(app, "users", "delete", EMAIL, "--yes") == {"id": ada, "deleted": True}
    assert not browser.is_in()
    assert refusal(app, "users", "show", ada)


@pytest.mark.parametrize("command", ["disable", "end-sessions", "delete"])
def test_what_destroys_is_asked_about(app: Flask, browser: Browser, command: str) -> None:
    browser.sign_in()
    for typed in ("n\n", ""):
        result = run(app, "users", command, EMAIL, typed=typed)
        assert (result.exit_code, result.stdout) == (1, "")
        assert browser.is_in()
    assert run(app, "users", command, EMAIL, typed="y\n").exit_code == 0
    assert not browser.is_in()


def test_the_activity_page_says_by_an_operator(app: Flask, browser: Browser, ada: str) -> None:
    run(app, "users", "set-role", EMAIL, "admin")
    browser.sign_in()
    page = browser.get("/account/activity").text
    assert "by an operator" in page
    assert "· by an operator" not in page  # there is no device before it
    (event,) = read(app, "events", "list", "--kind", "role_changed")
    assert (event["user_id"], event["actor"], event["by_operator"]) == (ada, None, True)


def test_no_client_can_pass_for_an_operator(app: Flask, browser: Browser) -> None:
    browser.headers["X-Request-ID"] = "cli:6909a198"
    browser.sign_in()
    browser.headers["X-Request-ID"] = "cli"
    browser.sign_out()
    assert not any(event["by_operator"] for event in read(app, "events", "list", "--user", EMAIL))


def test_what_happens_after_a_command_is_not_the_operators(app: Flask, browser: Browser) -> None:
    run(app, "users", "set-role", EMAIL, "admin")
    with app.app_context():
        services_of(app).accounts.register(ROOT, PASSWORD, now=0)
    assert [e["by_operator"] for e in read(app, "events", "list", "--user", ROOT)] == [False]
