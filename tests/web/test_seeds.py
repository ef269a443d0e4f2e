"""Every system of the five articles that this grew from, request by request.

Adapted in paths only. 000: a Go API service; 001: a walkthrough; 002: refresh tokens and
clients; 003: an approach with Go; 004: an Express.js server.
"""

import base64
import json
import re

import pytest
from flask import Flask

from tests.conftest import services_of
from tests.support.api import Json, Program, error_code
from tests.support.browser import PASSWORD
from tests.support.clock import Clock
from webapp.core.clients import new_secret
from webapp.store.sql.clients import SqlClients

RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@pytest.fixture
def program(app: Flask) -> Program:
    return Program(app, "curl/8.5.0")


def test_000_login_refresh_and_revoke_with_curl(app: Flask, program: Program) -> None:
    with app.app_context():
        services_of(app).accounts.register("user@mail.com", PASSWORD, now=0)
    login = program.call("POST", "/auth/login", {"email": "user@mail.com", "password": PASSWORD})
    auth = in_envelope(login.json)["auth"]
    assert auth["user"].keys() == {"id", "email", "role"}
    assert (auth["user"]["email"], auth["user"]["role"]) == ("user@mail.com", "user")
    assert UUID.fullmatch(auth["user"]["id"])
    assert_pair(auth)

    refreshed = program.call("POST", "/auth/refresh", {"refresh_token": auth["refresh_token"]})
    renewed = in_envelope(refreshed.json)["auth"]
    assert "user" not in renewed
    assert_pair(renewed)

    revoked = program.call("POST", "/auth/revoke", {"refresh_token": renewed["refresh_token"]})
    assert (revoked.status_code, revoked.data) == (204, b"")
    again = program.call("POST", "/auth/refresh", {"refresh_token": renewed["refresh_token"]})
    assert again.status_code == 401


def test_000_who_may_call_what(app: Flask, program: Program) -> None:
    """Its policy: profile for users and admins, /users for admins, three routes for all."""
    stranger = [("GET", "/auth/profile"), ("PATCH", "/auth/profile"), ("GET", "/users")]
    assert {program.call(*call).status_code for call in stranger} == {401}
    program.log_in()
    assert program.call("GET", "/auth/profile").status_code == 200
    assert program.call("PATCH", "/auth/profile", {"name": "A"}).status_code == 200
    assert program.call("GET", "/users").status_code == 403
    with app.app_context():
        services_of(app).accounts.register("root@mail.com", PASSWORD, role="admin", now=0)
    program.log_in("root@mail.com")
    assert program.call("GET", "/users").status_code == 200


def test_001_an_expired_access_token_is_401_and_the_refresh_token_helps(
    program: Program, clock: Clock
) -> None:
    auth = program.log_in()
    clock.advance(3600)
    assert program.call("GET", "/protected").status_code == 401
    program.auth = program.refresh(auth["refresh_token"]).json["data"]["auth"]
    assert program.call("GET", "/protected").status_code == 200


def test_002_a_refresh_token_is_bound_to_its_client_and_renewed_with_each_use(
    app: Flask, program: Program, clock: Clock
) -> None:
    secret, hashed = new_secret()
    with app.app_context():
        SqlClients().create("server", "Server", hashed, 0)
    ours = {"client_id": "server", "client_secret": secret}
    token = program.log_in(**ours)["refresh_token"]
    assert error_code(program.refresh(token)) == "refresh_invalid"
    for _ in range(20):  # used every two days, it never runs out
        clock.advance(2 * 86400)
        token = program.refresh(token, **ours).json["data"]["auth"]["refresh_token"]
    clock.advance(31 * 86400)  # unused for a month, it does
    assert error_code(program.refresh(token, **ours)) == "refresh_invalid"


def test_003_what_the_two_tokens_say(program: Program) -> None:
    auth = program.log_in()
    access, refresh = claims(auth["access_token"]), claims(auth["refresh_token"])
    assert (access["email"], access["sub"]) == (auth["user"]["email"], auth["user"]["id"])
    assert {"iss", "aud", "exp"} <= access.keys()
    assert refresh["sub"] == auth["user"]["id"]
    assert "email" not in refresh
    assert refresh["exp"] - refresh["iat"] == 30 * 86400


def test_004_login_protected_resource_refresh(program: Program, clock: Clock) -> None:
    assert program.call("GET", "/protected").status_code == 401
    auth = program.log_in()
    answer = program.call("GET", "/protected")
    assert in_envelope(answer.json)["message"] == "This is a protected resource."
    assert program.refresh("not found").status_code == 401
    clock.advance(20 * 60)
    answer = program.refresh(auth["refresh_token"])
    assert answer.json["data"]["auth"]["access_token"] != auth["access_token"]


def in_envelope(answer: Json) -> Json:
    assert answer.keys() == {"status", "data", "requestId"}
    assert UUID.fullmatch(answer["requestId"])
    data: Json = answer["data"]
    return data


def assert_pair(auth: Json) -> None:
    for name in ("access_token", "refresh_token"):
        assert auth[name].count(".") == 2
        assert RFC3339.fullmatch(auth[f"{name}_expires"])


def claims(token: str) -> Json:
    payload = token.split(".")[1]
    read: Json = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return read
