"""What a registered client may do for its users; and that no program's token opens a page."""

from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import text
from werkzeug.test import TestResponse

from tests.conftest import services_of
from tests.support.api import Json, Program, error_code
from tests.support.browser import PASSWORD, Browser
from tests.support.clock import Clock
from tests.support.commands import read, refusal, run
from tests.support.sql import connected
from webapp.core.sessions import Sessions

ROOT = "root@example.com"


@pytest.fixture(autouse=True)
def admin_user(app: Flask) -> None:
    with app.app_context():
        services_of(app).accounts.register(ROOT, PASSWORD, role="admin", now=0)


def client_of(app: Flask, *scope: str) -> dict[str, str]:
    """The credentials of a new client."""
    options = [word for each in scope for word in ("--scope", each)]
    made = read(app, "clients", "create", "shop", *options)
    return {"client_id": "shop", "client_secret": made["client_secret"]}


def signed_in(app: Flask, client: dict[str, str]) -> Program:
    program = Program(app)
    program.log_in(ROOT, **client)
    return program


def introspected(app: Flask, token: str, client: dict[str, str]) -> Json:
    fields: Json = Program(app).form("/oauth/introspect", token=token, **client).json
    return fields


def browser_sid(app: Flask, program: Program) -> str:
    Browser(app).sign_in(ROOT)
    sessions = program.call("GET", "/auth/sessions").json["data"]["sessions"]
    return next(each["sid"] for each in sessions if each["client_id"] == "browser")


def assert_out_of_scope(answer: TestResponse) -> None:
    assert (answer.status_code, error_code(answer)) == (403, "forbidden")
    challenge = answer.headers["WWW-Authenticate"]
    assert challenge.startswith("Bearer ")
    assert 'error="insufficient_scope"' in challenge
    assert 'scope="admin"' in challenge


class TestPages:
    @pytest.mark.parametrize("scope", ["api", "profile", "admin"])
    @pytest.mark.parametrize("page", ["/dashboard", "/admin/users", "/account/sessions"])
    def test_a_programs_token_opens_none(self, app: Flask, scope: str, page: str) -> None:
        auth = signed_in(app, {} if scope == "api" else client_of(app, scope)).auth
        bearer = {"Authorization": f"Bearer {auth['access_token']}"}
        for cookies in ({"access_token"}, {"refresh_token"}, {"access_token", "refresh_token"}):
            browser = Browser(app)
            browser.keep({name: auth[name] for name in cookies})
            assert browser.get(page).location.startswith("/login"), cookies
            assert browser.get("/session").status_code == 401, cookies
        assert Browser(app).get(page, **bearer).location.startswith("/login")

    def test_it_beside_a_browsers_own_cookies_changes_nothing(
        self, app: Flask, browser: Browser, clock: Clock
    ) -> None:
        browser.sign_in()
        foreign = signed_in(app, {}).auth["access_token"]
        browser.keep({"access_token": foreign, "refresh_token": browser.refresh_token})
        page = browser.get("/account")
        assert page.status_code == 200
        assert "ada@example.com" in page.text
        assert ROOT not in page.text


class TestApi:
    @pytest.mark.parametrize(
        ("method", "path", "body"),
        [
            ("GET", "/users", None),
            ("GET", "/users/1", None),
            ("POST", "/users", {"email": "new@example.com", "password": PASSWORD}),
            ("PATCH", "/users/1", {"password": PASSWORD}),
            ("DELETE", "/users/1", None),
        ],
    )
    def test_users_are_out_of_the_scope_profile(
        self, app: Flask, method: str, path: str, body: Json | None
    ) -> None:
        program = signed_in(app, client_of(app))
        assert_out_of_scope(program.call(method, path, body))

    @pytest.mark.parametrize("path", ["/auth/profile", "/auth/sessions", "/protected"])
    @pytest.mark.parametrize("scope", ["profile", "admin"])
    def test_ones_own_account_is_in_any_scope(self, app: Flask, path: str, scope: str) -> None:
        assert signed_in(app, client_of(app, scope)).call("GET", path).status_code == 200

    def test_users_are_in_the_scope_admin_of_an_admin(self, app: Flask) -> None:
        assert signed_in(app, client_of(app, "admin")).call("GET", "/users").status_code == 200

    def test_a_user_is_no_admin_by_the_scope_of_a_client(self, app: Flask) -> None:
        program = Program(app)
        program.log_in(**client_of(app, "admin"))
        assert program.call("GET", "/users").status_code == 403

    def test_without_a_registered_client_the_role_decides(self, app: Flask) -> None:
        program = signed_in(app, {})
        assert program.call("GET", "/users").status_code == 200
        sid = browser_sid(app, program)
        assert program.call("DELETE", f"/auth/sessions/{sid}").status_code == 204


class TestEndingSessions:
    def test_those_of_browsers_are_out_of_the_scope_profile(self, app: Flask) -> None:
        program = signed_in(app, client_of(app))
        assert_out_of_scope(program.call("DELETE", f"/auth/sessions/{browser_sid(app, program)}"))

    def test_those_of_browsers_are_in_the_scope_admin(self, app: Flask) -> None:
        program = signed_in(app, client_of(app, "admin"))
        sid = browser_sid(app, program)
        assert program.call("DELETE", f"/auth/sessions/{sid}").status_code == 204

    def test_a_client_ends_its_own(self, app: Flask) -> None:
        client = client_of(app)
        program = signed_in(app, client)
        signed_in(app, client)
        for session in program.call("GET", "/auth/sessions").json["data"]["sessions"]:
            if not session["current"]:
                path = f"/auth/sessions/{session['sid']}"
                assert program.call("DELETE", path).status_code == 204

    def test_an_unknown_one_is_not_found(self, app: Flask) -> None:
        program = signed_in(app, client_of(app))
        assert program.call("DELETE", "/auth/sessions/unknown").status_code == 404


class TestTokens:
    @pytest.mark.parametrize(
        ("option", "scope"),
        [
            ([], "profile"),
            (["profile"], "profile"),
            (["admin"], "profile admin"),
            (["profile admin"], "profile admin"),
            (["admin", "profile"], "profile admin"),
        ],
    )
    def test_the_scope_is_in_the_token_the_list_and_introspection(
        self, app: Flask, sessions: Sessions, clock: Clock, option: list[str], scope: str
    ) -> None:
        client = client_of(app, *option)
        auth = signed_in(app, client).auth
        assert sessions._tokens.verify_access(auth["access_token"], clock()).scope == scope
        assert [each["scope"] for each in read(app, "clients", "list")] == [scope]
        assert f"  {scope}  " in run(app, "clients", "list").output
        for kind in ("access_token", "refresh_token"):
            assert introspected(app, auth[kind], client)["scope"] == scope

    def test_tokens_of_no_registered_client_have_none(self, app: Flask) -> None:
        client = client_of(app, "admin")
        assert "scope" not in introspected(app, signed_in(app, {}).auth["access_token"], client)

    def test_one_from_before_there_were_scopes_is_good_for_the_profile(
        self, app: Flask, sessions: Sessions, clock: Clock
    ) -> None:
        client = client_of(app, "admin")
        program = signed_in(app, client)
        claims = sessions._tokens.verify_access(program.auth["access_token"], clock())
        program.auth["access_token"] = sessions._tokens.sign_access(replace(claims, scope=""))
        assert program.call("GET", "/auth/profile").status_code == 200
        assert_out_of_scope(program.call("GET", "/users"))
        assert introspected(app, program.auth["access_token"], client)["scope"] == "profile"

    def test_a_refresh_brings_the_scope_that_the_client_has_now(self, app: Flask) -> None:
        client = client_of(app)
        program = signed_in(app, client)
        assert read(app, "clients", "set-scope", "shop", "admin")["scope"] == "profile admin"
        assert_out_of_scope(program.call("GET", "/users"))
        assert introspected(app, program.auth["access_token"], client)["scope"] == "profile"
        answer = program.refresh(program.auth["refresh_token"], **client)
        program.auth = answer.json["data"]["auth"]
        assert program.call("GET", "/users").status_code == 200
        run(app, "clients", "set-scope", "shop", "profile")
        assert introspected(app, program.auth["access_token"], client)["scope"] == "profile"


class TestOAuth:
    def refreshed(self, program: Program, client: dict[str, str], **more: str) -> TestResponse:
        token = program.auth["refresh_token"]
        form = {"grant_type": "refresh_token", "refresh_token": token}
        return program.form("/oauth/token", **form, **client, **more)

    def test_the_answer_names_the_scope(self, app: Flask) -> None:
        client = client_of(app, "admin")
        answer = self.refreshed(signed_in(app, client), client)
        assert answer.json["scope"] == "profile admin"

    def test_a_narrower_one_can_be_asked_for(self, app: Flask) -> None:
        client = client_of(app, "admin")
        program = signed_in(app, client)
        program.auth = self.refreshed(program, client, scope="profile").json
        assert program.auth["scope"] == "profile"
        assert_out_of_scope(program.call("GET", "/users"))

    def test_a_wider_one_is_refused_and_the_token_stays_good(self, app: Flask) -> None:
        client = client_of(app)
        program = signed_in(app, client)
        answer = self.refreshed(program, client, scope="profile admin")
        assert (answer.status_code, answer.json["error"]) == (400, "invalid_scope")
        assert self.refreshed(program, client).status_code == 200

    def test_the_metadata_names_the_scopes(self, app: Flask) -> None:
        fields = app.test_client().get("/.well-known/oauth-authorization-server").json
        assert fields["scopes_supported"] == ["profile", "admin"]


class TestCommands:
    def test_an_unknown_scope_is_refused(self, app: Flask) -> None:
        assert "root" in refusal(app, "clients", "create", "shop", "--scope", "root")
        assert read(app, "clients", "list") == []

    def test_no_client_no_scope(self, app: Flask) -> None:
        assert "shop" in refusal(app, "clients", "set-scope", "shop", "admin")


def test_clients_of_before_have_the_scope_profile(environment: dict[str, str], app: Flask) -> None:
    with connected(environment) as sql:
        row = "INSERT INTO clients (client_id, name, created_at) VALUES ('old', 'Old', 0)"
        sql.execute(text(row))
        sql.commit()
    assert [each["scope"] for each in read(app, "clients", "list")] == ["profile"]
