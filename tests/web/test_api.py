"""The JSON API: the same sessions, for programs."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest
from flask import Flask

from tests.conftest import services_of
from tests.support.api import Json, Program, error_code
from tests.support.browser import EMAIL, PASSWORD, Browser
from tests.support.clock import Clock
from tests.support.servers import RedisServer


@pytest.fixture
def admin(app: Flask) -> Program:
    with app.app_context():
        services_of(app).accounts.register(
            "root@example.com", PASSWORD, name="Root", role="admin", now=0
        )
    admin = Program(app)
    admin.log_in("root@example.com")
    return admin


class TestLogin:
    def test_the_answer_has_both_tokens_and_when_they_expire(
        self, program: Program, clock: Clock
    ) -> None:
        auth = program.log_in()
        assert auth["user"].keys() == {"id", "email", "role"}
        assert (auth["token_type"], auth["expires_in"]) == ("Bearer", 300)
        assert at(auth["access_token_expires"]) == clock.now + 300
        assert at(auth["refresh_token_expires"]) == clock.now + 30 * 86400

    def test_every_answer_wears_the_envelope(self, program: Program) -> None:
        answer = program.call("POST", "/auth/login", {"email": EMAIL, "password": PASSWORD})
        assert answer.json.keys() == {"status", "data", "requestId"}
        assert answer.json["requestId"] == answer.headers["X-Request-ID"]
        assert answer.headers["Cache-Control"] == "private, no-store"

    @pytest.mark.parametrize(
        "body", [{"email": EMAIL, "password": "wrong"}, {"email": "x@y.org", "password": PASSWORD}]
    )
    def test_wrong_ones_get_the_same_answer(self, program: Program, body: Json) -> None:
        answer = program.call("POST", "/auth/login", body)
        assert (answer.status_code, error_code(answer)) == (401, "invalid_credentials")


class TestBodies:
    @pytest.mark.parametrize(
        ("body", "kind", "status", "code"),
        [
            (b"{", "application/json", 400, "bad_request"),
            (b"\xff", "application/json", 400, "bad_request"),
            (b'{"email":"\xed\xa0\x80"}', "application/json", 400, "bad_request"),
            (b"\xef\xbb\xbf{}", "application/json", 400, "bad_request"),
            ("{}".encode("utf-16"), "application/json", 400, "bad_request"),
            (b"[" * 50_000, "application/json", 400, "bad_request"),
            (b'{"email":' + b"9" * 5000 + b"}", "application/json", 400, "bad_request"),
            (b"", "application/json", 400, "bad_request"),
            (b"[]", "application/json", 422, "validation_failed"),
            (b"{}", "application/json", 422, "validation_failed"),
            (b'{"email":1,"password":[]}', "application/json", 422, "validation_failed"),
            (b"{}", "text/plain", 415, "unsupported_media_type"),
            (b"email=a", "application/x-www-form-urlencoded", 415, "unsupported_media_type"),
            (b"{}" + b" " * 70_000, "application/json", 413, "too_large"),
        ],
    )
    def test_what_is_not_what_we_asked_for(
        self, program: Program, body: bytes, kind: str, status: int, code: str
    ) -> None:
        answer = program.client.post("/api/v1/auth/login", data=body, content_type=kind)
        assert (answer.status_code, error_code(answer)) == (status, code)

    @pytest.mark.parametrize("field", ["role", "id", "verified", "disabled", "created_at"])
    def test_no_user_can_assign_a_role_or_another_id(self, program: Program, field: str) -> None:
        body = {"email": "new@example.com", "password": PASSWORD, field: "admin"}
        answer = program.call("POST", "/auth/register", body)
        assert (answer.status_code, error_code(answer)) == (422, "validation_failed")
        assert field in answer.json["error"]["fields"]
        program.log_in()
        answer = program.call("PATCH", "/auth/profile", {"name": "A", field: "admin"})
        assert field in answer.json["error"]["fields"]
        assert program.call("GET", "/auth/profile").json["data"]["user"]["role"] == "user"

    def test_a_wrong_method_and_an_unknown_path(self, program: Program) -> None:
        answer = program.call("DELETE", "/auth/login")
        assert answer.status_code == 405
        assert "POST" in answer.headers["Allow"]
        assert program.call("GET", "/nothing").status_code == 404


class TestRefresh:
    def test_the_pair_is_exchanged_and_the_new_one_works(
        self, program: Program, clock: Clock
    ) -> None:
        first = program.log_in()
        clock.advance(301)
        assert error_code(program.call("GET", "/protected")) == "token_expired"
        answer = program.refresh(first["refresh_token"])
        assert answer.json["data"].keys() == {"auth"}
        assert "user" not in answer.json["data"]["auth"]
        program.auth = answer.json["data"]["auth"]
        assert program.call("GET", "/protected").status_code == 200

    def test_a_hundred_at_once_get_one_successor(self, app: Flask, program: Program) -> None:
        token = program.log_in()["refresh_token"]
        with ThreadPoolExecutor(20) as pool:
            answers = list(pool.map(lambda _: Program(app).refresh(token), range(100)))
        assert {answer.status_code for answer in answers} == {200}
        assert len({answer.json["data"]["auth"]["refresh_token"] for answer in answers}) == 1

    def test_theft_is_answered_and_then_that_the_session_has_ended(
        self, program: Program, clock: Clock
    ) -> None:
        token = program.log_in()["refresh_token"]
        program.auth = program.refresh(token).json["data"]["auth"]
        assert program.call("GET", "/protected").status_code == 200
        clock.advance(31)
        assert error_code(program.refresh(token)) == "refresh_reused"
        assert error_code(program.refresh(token)) == "session_ended"
        assert error_code(program.call("GET", "/protected")) == "session_ended"

    @pytest.mark.parametrize("text", ["", "rubbish", "a.b.c", "\ud800", "x" * 60_000])
    def test_rubbish_is_refused(self, program: Program, text: str) -> None:
        answer = program.refresh(text)
        assert (answer.status_code, error_code(answer)) == (401, "refresh_invalid")

    def test_revoking_ends_the_session_and_an_unknown_token_is_no_error(
        self, program: Program
    ) -> None:
        auth = program.log_in()
        for token in (auth["refresh_token"], auth["refresh_token"], "rubbish"):
            answer = program.call("POST", "/auth/revoke", {"refresh_token": token})
            assert (answer.status_code, answer.data) == (204, b"")
        assert error_code(program.refresh(auth["refresh_token"])) == "session_ended"


class TestClients:
    def test_a_refresh_token_is_good_for_its_own_client_only(
        self, app: Flask, program: Program, secret: str
    ) -> None:
        browser = Browser(app, "program/1.0")
        browser.sign_in()
        shop = {"client_id": "shop", "client_secret": secret}
        owners: dict[str, Json] = {"api": {}, "phone": {"client_id": "phone"}, "shop": shop}
        tokens = {name: program.log_in(**who)["refresh_token"] for name, who in owners.items()}
        tokens["browser"] = browser.refresh_token
        for owner, token in tokens.items():
            for name, who in owners.items():
                if name != owner:
                    assert error_code(program.refresh(token, **who)) == "refresh_invalid"
        browser.keep({"refresh_token": tokens["api"]})
        assert not browser.is_in()
        for name, who in owners.items():
            assert program.refresh(tokens[name], **who).status_code == 200

    @pytest.mark.parametrize(
        "who",
        [
            {"client_id": "shop"},
            {"client_id": "shop", "client_secret": "wrong"},
            {"client_id": "phone", "client_secret": "none was given"},
            {"client_id": "browser"},
            {"client_id": "nobody"},
            {"client_id": "\ud800", "client_secret": "\ud800"},
            {"client_secret": "alone"},
        ],
    )
    def test_a_wrong_client_touches_no_session(
        self, program: Program, secret: str, who: Json
    ) -> None:
        shop = {"client_id": "shop", "client_secret": secret}
        token = program.log_in(**shop)["refresh_token"]
        for path in ("/auth/refresh", "/auth/revoke"):
            answer = program.call("POST", path, {"refresh_token": token, **who})
            assert (answer.status_code, error_code(answer)) == (401, "client_invalid")
        assert program.refresh(token, **shop).status_code == 200

    def test_basic_that_cannot_be_read_is_no_client_at_all(self, program: Program) -> None:
        body = {"email": EMAIL, "password": PASSWORD}
        answer = program.call("POST", "/auth/login", body, Authorization="Basic !!!")
        assert error_code(answer) == "client_invalid"
        assert answer.headers["WWW-Authenticate"].startswith("Basic")

    def test_a_wrong_password_is_not_blamed_on_the_token(self, program: Program) -> None:
        program.log_in()
        answer = program.call("POST", "/auth/login", {"email": EMAIL, "password": "wrong"})
        assert answer.headers["WWW-Authenticate"] == 'Bearer realm="evergreen"'

    def test_basic_authentication_will_do(self, program: Program, secret: str) -> None:
        answer = program.client.post(
            "/api/v1/auth/login",
            json={"email": EMAIL, "password": PASSWORD},
            auth=("shop", secret),
        )
        assert answer.status_code == 200


class TestSessions:
    def test_one_sees_ones_sessions_and_ends_another(self, app: Flask, program: Program) -> None:
        other = Program(app)
        other.log_in()
        program.log_in()
        found = program.call("GET", "/auth/sessions").json["data"]["sessions"]
        assert [session["current"] for session in found].count(True) == 1
        (sid,) = [session["sid"] for session in found if not session["current"]]
        assert program.call("DELETE", f"/auth/sessions/{sid}").status_code == 204
        assert error_code(other.call("GET", "/protected")) == "session_ended"
        assert program.call("DELETE", f"/auth/sessions/{sid}").status_code == 404

    def test_no_user_ends_the_session_of_another_user(self, app: Flask, program: Program) -> None:
        body = {"email": "eve@example.com", "password": PASSWORD}
        assert program.call("POST", "/auth/register", body).status_code == 201
        program.log_in()
        sid = program.call("GET", "/auth/sessions").json["data"]["sessions"][0]["sid"]
        eve = Program(app)
        eve.log_in("eve@example.com")
        assert eve.call("DELETE", f"/auth/sessions/{sid}").status_code == 404
        assert program.call("GET", "/protected").status_code == 200


class TestUsers:
    def test_a_deleted_user_is_out_and_redis_knows_it_too(
        self, app: Flask, admin: Program, program: Program, redis_server: RedisServer
    ) -> None:
        program.log_in()
        assert admin.call("DELETE", f"/users/{program.auth['user']['id']}").status_code == 204
        assert error_code(program.call("GET", "/protected")) == "session_ended"
        entries = [value for value, _ in redis_server.snapshot().values()]
        assert "ended deleted" in entries

    @pytest.mark.parametrize("value", ["off", "true", 0, 1, None, "t"])
    def test_disabled_is_true_or_false_and_nothing_else(
        self, admin: Program, value: object
    ) -> None:
        path = f"/users/{admin.auth['user']['id']}"
        assert admin.call("PATCH", path, {"disabled": value}).status_code == 422

    def test_two_admins_can_not_demote_each_other_at_once(self, app: Flask, admin: Program) -> None:
        for _ in range(5):
            body = {"email": "two@example.com", "password": PASSWORD, "role": "admin"}
            two = Program(app)
            admin.call("POST", "/users", body)
            two.log_in("two@example.com")
            pairs = [(admin, two.auth["user"]["id"]), (two, admin.auth["user"]["id"])]
            with ThreadPoolExecutor(2) as pool:
                list(
                    pool.map(
                        lambda p: p[0].call("PATCH", f"/users/{p[1]}", {"role": "user"}), pairs
                    )
                )
            left = admin if admin.call("GET", "/users").status_code == 200 else two
            found = left.call("GET", "/users?per_page=100").json["data"]["users"]
            admins = [user["id"] for user in found if user["role"] == "admin"]
            assert len(admins) >= 1
            for user in found:
                if user["id"] in (admin.auth["user"]["id"], two.auth["user"]["id"]):
                    left.call("PATCH", f"/users/{user['id']}", {"role": "admin"})

    def test_only_for_admins(self, program: Program) -> None:
        program.log_in()
        for method, path in [("GET", "/users"), ("POST", "/users"), ("DELETE", "/users/1")]:
            answer = program.call(method, path, {} if method == "POST" else None)
            assert (answer.status_code, error_code(answer)) == (403, "forbidden")
            assert "insufficient_scope" in answer.headers["WWW-Authenticate"]

    def test_create_find_change_delete(self, admin: Program) -> None:
        for number in range(25):
            body = {"email": f"u{number:02}@example.org", "password": PASSWORD, "name": "%_\\"}
            assert admin.call("POST", "/users", body).status_code == 201
        page = admin.call("GET", "/users?q=example.ORG&sort=-email&per_page=10&page=3").json["data"]
        assert (page["total"], page["pages"], page["page"]) == (25, 3, 3)
        assert [user["email"][:3] for user in page["users"]] == ["u04", "u03", "u02", "u01", "u00"]
        assert admin.call("GET", "/users?q=%25_").json["data"]["total"] == 25
        assert admin.call("GET", "/users?q=%25x").json["data"]["total"] == 0
        path = f"/users/{page['users'][0]['id']}"
        changed = admin.call("PATCH", path, {"name": "New", "email": "new@example.org"})
        assert changed.json["data"]["user"]["name"] == "New"
        assert admin.call("PATCH", path, {"email": EMAIL}).status_code == 409
        assert admin.call("DELETE", path).status_code == 204
        assert admin.call("GET", path).status_code == 404

    @pytest.mark.parametrize(
        "query", ["page=0", "per_page=101", "sort=password_hash", "page=x", "unknown=1"]
    )
    def test_a_wrong_query_is_named(self, admin: Program, query: str) -> None:
        answer = admin.call("GET", f"/users?{query}")
        assert answer.status_code == 422
        assert query.partition("=")[0] in answer.json["error"]["fields"]

    def test_a_demoted_admin_is_refused_at_the_next_call(
        self, app: Flask, admin: Program, program: Program
    ) -> None:
        program.log_in()
        path = f"/users/{program.auth['user']['id']}"
        assert admin.call("PATCH", path, {"role": "admin"}).status_code == 200
        assert program.call("GET", "/users").status_code == 200
        assert admin.call("PATCH", path, {"role": "user"}).status_code == 200
        assert program.call("GET", "/users").status_code == 403

    @pytest.mark.parametrize(
        ("change", "code"),
        [({"disabled": True}, "session_ended"), ({"password": PASSWORD * 2}, "session_ended")],
    )
    def test_who_is_disabled_or_gets_another_password_is_out_at_once_and_for_good(
        self, admin: Program, program: Program, change: Json, code: str
    ) -> None:
        program.log_in()
        path = f"/users/{program.auth['user']['id']}"
        assert admin.call("PATCH", path, change).status_code == 200
        assert error_code(program.call("GET", "/protected")) == code
        admin.call("PATCH", path, {"disabled": False})
        assert error_code(program.refresh(program.auth["refresh_token"])) == code

    @pytest.mark.parametrize("change", [{"role": "user"}, {"disabled": True}, None])
    def test_the_last_admin_stays(self, admin: Program, change: Json | None) -> None:
        path = f"/users/{admin.auth['user']['id']}"
        answer = admin.call("PATCH" if change else "DELETE", path, change)
        assert (answer.status_code, error_code(answer)) == (409, "conflict")
        assert admin.call("GET", "/users").status_code == 200


def at(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()
