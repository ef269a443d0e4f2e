"""Text that a database can't hold is refused in words, or found nowhere: no 500 and no 503."""

from collections.abc import Callable

import pytest
from flask import Flask

from tests.conftest import services_of
from tests.support.api import Program, error_code
from tests.support.browser import EMAIL, PASSWORD, Browser
from webapp.core.models import UserChanges

NUL, LONE = "ab\x00cd", "ab\ud800cd"
HUGE = 10**30
both_texts = pytest.mark.parametrize("unfit", [NUL, LONE], ids=["NUL", "lone surrogate"])


@pytest.fixture
def admin(app: Flask, program: Program) -> Program:
    services = services_of(app)
    with app.app_context():
        user, _ = services.accounts.find(EMAIL)
        services.user_admin.change(user.id, UserChanges(role="admin"), services.now())
    program.log_in()
    return program


Body = Callable[[str], dict[str, str]]
NEW = {"email": "a@example.org", "password": PASSWORD}
CALLS: dict[str, tuple[str, str, Body]] = {
    "register": ("POST", "/auth/register", lambda text: NEW | {"email": f"{text}@example.org"}),
    "name": ("POST", "/auth/register", lambda text: NEW | {"name": text}),
    "login": ("POST", "/auth/login", lambda text: {"email": text, "password": text}),
    "client": ("POST", "/auth/login", lambda text: NEW | {"client_id": text}),
    "refresh": ("POST", "/auth/refresh", lambda text: {"refresh_token": text, "client_id": text}),
    "revoke": ("POST", "/auth/revoke", lambda text: {"refresh_token": text}),
    "profile": ("PATCH", "/auth/profile", lambda text: {"name": text}),
    "address": ("PATCH", "/auth/profile", lambda text: {"email": text, "current_password": text}),
    "new user": ("POST", "/users", lambda text: NEW | {"name": text, "role": text}),
}


@both_texts
@pytest.mark.parametrize("call", CALLS)
def test_in_a_body(admin: Program, call: str, unfit: str) -> None:
    method, path, body = CALLS[call]
    assert admin.call(method, path, body(unfit)).status_code in (201, 204, 400, 401, 422)


@pytest.mark.parametrize("unfit", ["ab%00cd", "ab%ED%A0%80cd"])
def test_in_an_address(admin: Program, unfit: str) -> None:
    for method, path in [
        ("GET", f"/users/{unfit}"),
        ("PATCH", f"/users/{unfit}"),
        ("DELETE", f"/users/{unfit}"),
        ("DELETE", f"/auth/sessions/{unfit}"),
    ]:
        json = {"name": "x"} if method == "PATCH" else None
        assert admin.call(method, path, json).status_code in (204, 404, 422), (method, path)
    for query in (f"q={unfit}", f"sort={unfit}", "page=1000000&per_page=100", f"page={HUGE}"):
        assert admin.call("GET", f"/users?{query}").status_code in (200, 422), query


@pytest.mark.parametrize("unfit", ["ab%00cd", "ab%ED%A0%80cd"])
def test_on_the_pages(admin: Program, app: Flask, unfit: str) -> None:
    browser = Browser(app)
    browser.sign_in()
    for path in (
        f"/admin/users?q={unfit}",
        f"/admin/users?page={HUGE}",
        f"/admin/users/{unfit}",
        f"/admin/events?kind={unfit}&user={unfit}",
        f"/admin/events?page={HUGE}",
        f"/account/activity?page={HUGE}",
        f"/reset-password/{unfit}",
        f"/verify-email/{unfit}",
        f"/login?next=/{unfit}",
    ):
        assert browser.get(path).status_code in (200, 302, 303, 404, 410, 422), path


def test_in_a_form(app: Flask) -> None:
    browser, unfit = Browser(app), NUL
    assert browser.post("/login", email=unfit, password=unfit).status_code == 422
    assert browser.post("/register", email=unfit, password=PASSWORD).status_code == 422
    assert browser.post("/forgot-password", email=unfit).status_code in (200, 303, 422)
    browser.sign_in()
    path = "/account/sessions/ab%00cd/end"
    token = browser.csrf_token("/account")
    answer = browser.client.post(path, data={"csrf_token": token}, headers=browser.headers)
    assert answer.status_code in (303, 404)


def test_in_a_program_s_name_for_itself(app: Flask) -> None:
    program = Program(app, user_agent=NUL)
    assert program.log_in()["access_token"]
    (seen,) = program.call("GET", "/auth/sessions").json["data"]["sessions"]
    assert seen["user_agent"] == "abcd"


def test_in_bytes_behind_an_address(admin: Program, browser: Browser) -> None:
    raw = {"QUERY_STRING": "q=\xe4&page=\xe4"}
    bearer = {"Authorization": f"Bearer {admin.auth['access_token']}"}
    calls = admin.client.get("/api/v1/users", headers=bearer, environ_overrides=raw)
    assert (calls.status_code, error_code(calls)) == (400, "bad_request")
    for path in ("/login", "/reset-password/x", "/nowhere"):
        page = browser.client.get(path, environ_overrides=raw)
        assert page.status_code in (200, 400, 404, 410), path
