"""The page of the API: complete without scripts, small, and its examples work as they stand."""

import gzip
import html
import json
import os
import re
import subprocess
from pathlib import Path

import pytest
from flask import Flask

from scripts.bootstrap import ROOT
from tests.conftest import services_of
from tests.support.api import Json, Program
from tests.support.browser import EMAIL, PASSWORD, Browser
from tests.support.clock import Clock
from webapp.core import errors
from webapp.core.errors import EvergreenError

# Bytes of the page with its styles and scripts, as they are without compression.
MAX_SIZE = 300_000


@pytest.fixture
def page(browser: Browser) -> str:
    return browser.get("/api/docs").text


@pytest.fixture
def document(app: Flask) -> Json:
    spec: Json = app.test_client().get("/api/openapi.json").json
    return spec


def example(page: str, name: str) -> str:
    (found,) = re.findall(rf'<pre [^>]*data-testid="{name}">(.*?)</pre>', page, re.DOTALL)
    return html.unescape(str(found))


def test_every_call_of_the_document_is_there_with_its_fields_and_errors(
    page: str, document: Json
) -> None:
    calls = dict(
        re.findall(r'<details class="call"[^>]*data-id="(\w+)">(.*?)</form>', page, re.DOTALL)
    )
    operations = {
        operation["operationId"]: operation
        for item in document["paths"].values()
        for method, operation in item.items()
        if method != "parameters"
    }
    assert calls.keys() == operations.keys()
    for name, operation in operations.items():
        assert operation["summary"] in html.unescape(calls[name])
        for parameter in operation.get("parameters", []):
            assert f"<code>{parameter['name']}</code>" in calls[name], name
        for status in operation["responses"].keys() - {"default"}:
            assert re.search(rf"\b{status} [A-Z]", calls[name]), (name, status)
    assert "<code>recovery_code</code>" in calls["login"]
    assert "Needs an access token of an admin." in calls["deleteUser"]


def test_every_error_has_an_example_with_its_own_code(document: Json) -> None:
    """An error of `login` is not shown at `refresh`."""
    login = document["paths"]["/api/v1/auth/login"]["post"]["responses"]["401"]
    refresh = document["paths"]["/api/v1/auth/refresh"]["post"]["responses"]["401"]
    names = [
        set(response["content"]["application/json"]["examples"]) for response in (login, refresh)
    ]
    assert names == [
        {"invalid_credentials", "second_step_required", "client_invalid"},
        {"refresh_invalid", "refresh_reused", "session_ended", "client_invalid"},
    ]


def test_the_examples_are_what_the_api_answers(app: Flask, document: Json) -> None:
    program, paths = Program(app), document["paths"]

    def shown(path: str, method: str, status: int, name: str) -> Json:
        response = paths[f"/api/v1{path}"][method]["responses"][f"{status}"]
        found: Json = response["content"]["application/json"]["examples"][name]["value"]
        return found | {"requestId": "any"}

    def answer(method: str, path: str, body: object = None, **headers: str) -> Json:
        found: Json = program.call(method, path, body, **headers).get_json()
        return found | {"requestId": "any"}

    wrong = {"email": EMAIL, "password": "wrong"}
    login = "/auth/login", "post"
    assert answer("POST", "/auth/login", wrong) == shown(*login, 401, "invalid_credentials")
    client = {"email": EMAIL, "password": PASSWORD, "client_id": "unknown"}
    assert answer("POST", "/auth/login", client) == shown(*login, 401, "client_invalid")
    unreadable = program.client.post(
        "/api/v1/auth/login", data="{", content_type="application/json"
    ).get_json()
    assert unreadable | {"requestId": "any"} == shown(*login, 400, "bad_request")
    profile = "/auth/profile", "get"
    assert answer("GET", "/auth/profile") == shown(*profile, 401, "token_missing")
    bearer = {"Authorization": "Bearer x"}
    assert answer("GET", "/auth/profile", **bearer) == shown(*profile, 401, "token_invalid")
    sessions = "/auth/sessions", "get"
    program.log_in()
    query = answer("GET", "/auth/sessions?page=x")
    assert query == shown(*sessions, 422, "validation_failed")
    change = answer("PATCH", "/auth/profile", {"email": "a@example.com", "current_password": "x"})
    assert change == shown("/auth/profile", "patch", 403, "wrong_password")


def test_the_table_has_every_code_of_the_contract(page: str) -> None:
    table = page.partition('data-testid="error-codes"')[2].partition("</table>")[0]
    shown = {
        code: int(status)
        for status, code in re.findall(r"<td>(\d+)</td>.*?<code>(\w+)", table, re.DOTALL)
    }
    contract = [
        "invalid_credentials",
        "second_step_required",
        "token_missing",
        "token_expired",
        "token_invalid",
        "session_ended",
        "refresh_invalid",
        "refresh_reused",
        "client_invalid",
        "forbidden",
        "validation_failed",
        "not_found",
        "conflict",
        "rate_limited",
        "unavailable",
    ]
    known = {
        kind.code
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, EvergreenError)
    }
    assert set(contract) <= shown.keys() & known
    assert (shown["refresh_reused"], shown["rate_limited"]) == (401, 429)
    of_calls = re.findall(r'<summary>\s+\d{3} .*?<span class="soft">(.*?)</span>', page, re.DOTALL)
    named = {code for codes in of_calls for code in codes.split(", ")}
    assert "forbidden" in named
    assert named <= shown.keys()


def test_the_endpoints_of_oauth_and_of_proxies_are_described(app: Flask, page: str) -> None:
    section = page.partition('id="oauth"')[2]
    paths = {rule.rule for rule in app.url_map.iter_rules() if rule.rule.startswith("/oauth/")}
    for path in (*paths, "/forward", "/.well-known/oauth-authorization-server"):
        assert f"<code>{path}</code>" in section


def test_a_file_of_the_page_is_small(app: Flask, page: str) -> None:
    files = {
        *re.findall(r'(?:href|src)="/static/(?:[0-9a-f]{12}/)?([^"]+\.(?:css|js))"', page),
        "js/texts.js",
    }
    assert "js/api-docs.js" in files
    size = len(page.encode()) + sum((ROOT / "static" / name).stat().st_size for name in files)
    assert size < MAX_SIZE
    assert "://" not in re.sub(r"http://localhost(:\d+)?/|http://www\.w3\.org/", "", page)


def test_a_password_typed_into_the_page_never_gets_into_a_url(page: str) -> None:
    forms = re.findall(r'<form class="needs-script try"\s+method="(\w+)"', page)
    assert set(forms) == {"dialog"}
    assert len(forms) == page.count('data-testid="try-form"')


def run(command: str, **variables: str) -> str:
    done = subprocess.run(
        ["sh", "-c", command],
        env=os.environ | variables,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def test_the_examples_of_curl_work_against_this_server(
    app: Flask, address: str, tmp_path: Path, clock: Clock
) -> None:
    """With the account that the page names."""
    page = Browser(app).get("/api/docs").text
    base = services_of(app).settings.public_url

    def curl(name: str, **tokens: str) -> str:
        return run(
            example(page, name).replace(base, address).replace("curl ", "curl -sS "), **tokens
        )

    auth = json.loads(curl("curl-login"))["data"]["auth"]
    profile = json.loads(curl("curl-call", ACCESS_TOKEN=auth["access_token"]))
    assert profile["data"]["user"]["email"] == "demo@example.com"
    auth = json.loads(curl("curl-refresh", REFRESH_TOKEN=auth["refresh_token"]))["data"]["auth"]
    renewed = json.loads(curl("curl-oauth", REFRESH_TOKEN=auth["refresh_token"]))
    assert renewed["token_type"] == "Bearer"


def test_what_is_transferred_is_smaller_still(page: str) -> None:
    assert len(gzip.compress(page.encode())) < 20_000


def test_the_status_in_an_example_is_that_of_the_response(browser: Browser) -> None:
    page = html.unescape(browser.get("/api/docs").text)
    registered = page.partition("201 Created")[2]
    assert '"status": 201' in registered.partition("</pre>")[0]
