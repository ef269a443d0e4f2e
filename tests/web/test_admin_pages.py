"""The admins' pages: for them alone, asked about first, and written down."""

import re

import pytest
from flask import Flask
from sqlalchemy import delete
from werkzeug.test import TestResponse

from tests.conftest import services_of
from tests.support.api import Program
from tests.support.browser import EMAIL, FIREFOX, PASSWORD, Browser
from tests.support.clock import Clock
from tests.support.mails import newest_mail
from webapp.core.models import User
from webapp.store.sql.models import EventRow, db

ROOT = "root@example.com"
USERS = "/admin/users"
# What an admin may do to Ada → which event that is.
ACTIONS = {
    "role": "role_changed",
    "disable": "disabled",
    "end-sessions": "session_ended",
    "delete": "account_deleted",
}
# … → what the page says afterwards.
DONE = {
    "role": f"{EMAIL} is an admin now.",
    "disable": f"{EMAIL} is disabled.",
    "end-sessions": f"{EMAIL} is signed out everywhere.",
    "delete": f"{EMAIL} is deleted.",
}


@pytest.fixture
def people(app: Flask) -> dict[str, User]:
    """Address → user: two admins, and Ada, who is none."""
    with app.app_context():
        accounts = services_of(app).accounts
        for email in (ROOT, "second@example.com"):
            accounts.register(email, PASSWORD, role="admin", now=0)
        found = {email: accounts.find(email)[0] for email in (ROOT, "second@example.com", EMAIL)}
    return {email: user for email, user in found.items() if user}


@pytest.fixture
def admin(app: Flask, people: dict[str, User]) -> Browser:
    browser = Browser(app)
    browser.sign_in(ROOT)
    return browser


def page_of(user: User) -> str:
    return f"{USERS}/{user.id}"


def act(browser: Browser, user: User, action: str, **more: str) -> TestResponse:
    fields = {"role": "admin", "confirmed": "yes"} | more
    return browser.post(f"{page_of(user)}/{action}", form_on=page_of(user), **fields)


def listed(answer: TestResponse) -> list[str]:
    return re.findall(r'data-email="([^"]+)"', answer.text)


def test_more_than_three_devices_are_folded_away(
    app: Flask, people: dict[str, User], admin: Browser
) -> None:
    for _ in range(5):
        Browser(app).sign_in()
    shown, folded = admin.get(page_of(people[EMAIL])).text.split('data-testid="more-devices"')
    assert (shown.count('data-testid="device"'), folded.count('data-testid="device"')) == (3, 2)


def test_strangers_are_sent_to_the_login_page_and_users_are_refused(
    app: Flask, people: dict[str, User], browser: Browser
) -> None:
    stranger, ada = Browser(app), page_of(people[EMAIL])
    browser.sign_in()
    csrf_token = browser.csrf_token("/account")
    for path in (USERS, ada, "/admin/events"):
        assert stranger.get(path).location.startswith("/login")
        assert browser.get(path).status_code == 403
    for action in (*ACTIONS, "enable", "sessions/any/end"):
        form = {"csrf_token": csrf_token, "role": "admin", "confirmed": "yes"}
        answer = browser.client.post(f"{ada}/{action}", data=form, headers=browser.headers)
        assert answer.status_code == 403, action
    assert USERS not in browser.get("/dashboard").text


@pytest.mark.parametrize("change", ["delete", "password", "email"])
def test_no_mail_to_a_user_shows_the_browser_of_an_admin(
    app: Flask, people: dict[str, User], change: str
) -> None:
    admin, program = Browser(app, FIREFOX), Program(app, FIREFOX)
    if change == "delete":
        admin.sign_in(ROOT)
        act(admin, people[EMAIL], change)
    else:
        program.log_in(ROOT)
        values = {"password": "a whole new wool jumper", "email": "new@example.com"}
        path = f"/users/{people[EMAIL].id}"
        assert program.call("PATCH", path, {change: values[change]}).status_code == 200
    text = newest_mail(app, EMAIL).text
    assert "By: an administrator" in text
    assert "Firefox" not in text
    assert "127.0.0.1" not in text


def test_a_mail_about_ones_own_deed_shows_ones_browser(app: Flask, browser: Browser) -> None:
    browser.sign_in()
    new = "a whole new wool jumper"
    browser.post("/account/password", current_password=PASSWORD, new_password=new)
    assert "From: Chrome 142 on Linux, 127.0.0.1" in newest_mail(app, EMAIL).text


def test_people_are_found_by_a_part_of_name_or_address(admin: Browser) -> None:
    assert listed(admin.get(f"{USERS}?q=aDa")) == [EMAIL]
    assert listed(admin.get(f"{USERS}?q=SECOND@")) == ["second@example.com"]
    assert listed(admin.get(f"{USERS}?q=%25")) == []
    assert "No user found" in admin.get(f"{USERS}?q=nobody").text
    emails = listed(admin.get(f"{USERS}?sort=email"))
    assert emails == sorted(emails)
    assert listed(admin.get(f"{USERS}?sort=-email")) == emails[::-1]
    assert {EMAIL, ROOT} <= set(listed(admin.get(f"{USERS}?sort=password_hash&page=-3")))


@pytest.mark.parametrize("action", ACTIONS)
def test_every_action_asks_first_and_says_who_did_it(
    app: Flask, admin: Browser, people: dict[str, User], browser: Browser, action: str
) -> None:
    ada = people[EMAIL]
    browser.sign_in()
    asked = act(admin, ada, action, confirmed="")
    assert asked.status_code == 200
    assert EMAIL in asked.text
    assert 'data-testid="confirm-yes"' in asked.text
    assert browser.is_in()
    assert f'data-kind="{ACTIONS[action]}"' not in admin.get("/admin/events").text
    assert act(admin, ada, action).status_code == 303
    assert DONE[action] in admin.get(USERS).text
    assert browser.is_in() == (action == "role")
    with app.app_context():
        events = services_of(app).events.page(user_id=None, offset=0, limit=50).events
    done = [event for event in events if event.kind == ACTIONS[action]]
    assert [event.actor for event in done] == [ROOT]
    assert f"by {ROOT}" in admin.get("/admin/events").text


def test_a_user_whose_events_are_gone_has_a_page(
    app: Flask, admin: Browser, people: dict[str, User]
) -> None:
    """Events are deleted when they are old."""
    with app.app_context():
        db.session.execute(delete(EventRow))
        db.session.commit()
    answer = admin.get(page_of(people[EMAIL]))
    assert answer.status_code == 200
    assert "No events yet." in answer.text


def test_who_is_enabled_again_may_sign_in_again(
    admin: Browser, people: dict[str, User], browser: Browser
) -> None:
    act(admin, people[EMAIL], "disable")
    assert browser.post("/login", email=EMAIL, password=PASSWORD).status_code == 422
    assert "disabled" in admin.get(page_of(people[EMAIL])).text
    act(admin, people[EMAIL], "enable")
    browser.sign_in()


def test_one_device_is_signed_out_and_another_is_not(
    app: Flask, admin: Browser, people: dict[str, User], browser: Browser
) -> None:
    browser.sign_in()
    (sid,) = re.findall(r'data-sid="([^"]+)"', admin.get(page_of(people[EMAIL])).text)
    other = Browser(app, FIREFOX)
    other.sign_in()
    assert act(admin, people[EMAIL], f"sessions/{sid}/end").status_code == 303
    assert not browser.is_in()
    assert "An administrator has signed this session out." in browser.get("/login").text
    assert other.is_in()
    act(admin, people["second@example.com"], f"sessions/{sid}/end")
    assert "was signed out already" in admin.get(USERS).text


def test_who_is_no_admin_any_more_is_refused_at_once(
    app: Flask, admin: Browser, people: dict[str, User]
) -> None:
    second = Browser(app, FIREFOX)
    second.sign_in("second@example.com")
    assert second.get(USERS).status_code == 200
    act(admin, people["second@example.com"], "role", role="user")
    assert second.get(USERS).status_code == 403
    assert second.is_in()


def test_the_last_admin_stays_one(admin: Browser, people: dict[str, User]) -> None:
    act(admin, people["second@example.com"], "disable")
    admin.get(USERS)  # the message about it is shown once
    for action in ("role", "disable", "delete"):
        assert act(admin, people[ROOT], action, role="user").status_code == 303
        page = admin.get(USERS)
        assert page.status_code == 200, action
        assert "the last admin" in page.text


def test_an_old_proof_asks_for_the_password_also_here(
    admin: Browser, people: dict[str, User], clock: Clock
) -> None:
    clock.advance(16 * 60)
    assert 'data-testid="current-password"' in act(admin, people[EMAIL], "delete").text
    assert act(admin, people[EMAIL], "delete", current_password="wrong").status_code == 422
    assert listed(admin.get(f"{USERS}?q={EMAIL}")) == [EMAIL]
    assert act(admin, people[EMAIL], "delete", current_password=PASSWORD).status_code == 303
    assert listed(admin.get(f"{USERS}?q={EMAIL}")) == []


def test_a_device_of_a_user_is_named_before_and_after_it_is_signed_out(
    app: Flask, admin: Browser, people: dict[str, User]
) -> None:
    firefox, page = Browser(app, FIREFOX), page_of(people[EMAIL])
    firefox.sign_in()
    sid = re.findall(r'data-sid="([^"]+)"', admin.get(page).text)[0]
    end = f"{page}/sessions/{sid}/end"
    asked = admin.post(end, form_on=page).text
    assert f"<h1>Sign out Firefox 144 on Windows of {EMAIL}?</h1>" in asked
    admin.post(end, form_on=page, confirmed="yes")
    assert f"Firefox 144 on Windows of {EMAIL} is signed out." in admin.get(page).text
    admin.post(end, form_on=page)
    assert "was signed out already" in admin.get(page).text
    events = admin.get("/admin/events?kind=session_ended").text
    assert "Firefox 144 on Windows" in events
    assert "Chrome" not in events.partition("<main")[2]
