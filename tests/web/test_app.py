"""The short way through a request leads to where Flask's own way does."""

from collections.abc import Callable

import pytest
from flask import Blueprint, Flask, Response, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from itsdangerous import TimestampSigner

from webapp.web.app import App

REQUESTS = [
    ("GET", "/text", {}),
    ("HEAD", "/text", {}),
    ("POST", "/text", {}),
    ("OPTIONS", "/text", {}),
    ("GET", "//text", {}),
    ("GET", "/json", {}),
    ("GET", "/nothing", {}),
    ("GET", "/pieces", {}),
    ("GET", "/bytes", {}),
    ("GET", "/replaced", {}),
    ("GET", "/stream", {}),
    ("GET", "/unchanged", {}),
    ("GET", "/elsewhere", {}),
    ("GET", "/folder?a=%C3%A4&b=%FF", {}),
    ("GET", "/unknown", {}),
    ("GET", "/remembers", {}),
    ("GET", "/where/%C3%A4", {"Host": "Example.com:80"}),
    ("GET", "/where/x", {"Host": "[::1]:8080"}),
    ("GET", "/where/x", {"Host": "not a host"}),
]


def with_routes(app: Flask) -> Flask:
    app.secret_key = "a key"

    @app.route("/text", methods=["GET", "POST"])
    def text() -> str:
        return "grün"

    @app.get("/json")
    def json() -> dict[str, int]:
        return {"one": 1}

    @app.get("/nothing")
    def nothing() -> ResponseReturnValue:
        return "", 204

    @app.get("/pieces")
    def pieces() -> Response:
        return app.response_class(["one", "two"])

    @app.get("/bytes")
    def in_bytes() -> Response:
        return app.response_class([b"one"])

    @app.get("/replaced")
    def replaced() -> Response:
        answer = app.response_class("one")
        answer.response = ["three"]
        del answer.content_length
        return answer

    @app.get("/stream")
    def stream() -> Response:
        return app.response_class(iter([b"one", b"two"]))

    @app.get("/unchanged")
    def unchanged() -> Response:
        answer = app.response_class("text")
        answer.set_etag("same")
        answer.status_code = 304
        return answer

    @app.get("/elsewhere")
    def elsewhere() -> ResponseReturnValue:
        return redirect("/tëxt")

    @app.get("/folder/")
    def folder() -> str:
        return request.query_string.decode()

    @app.get("/remembers")
    def remembers() -> str:
        session["known"] = "yes"
        return "yes"

    @app.get("/where/<name>")
    def where(name: str) -> str:
        return f"{name} {request.url} {url_for('where', name=name)}"

    return app


@pytest.mark.parametrize(("method", "path", "headers"), REQUESTS)
def test_an_answer_is_flasks_own(
    method: str, path: str, headers: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Both session cookies are signed within the same second.
    monkeypatch.setattr(TimestampSigner, "get_timestamp", lambda _: 1_800_000_000)
    answers = [
        with_routes(kind("app")).test_client().open(path, method=method, headers=headers)
        for kind in (Flask, App)
    ]
    usual, short = [(each.status, each.headers.to_wsgi_list(), each.data) for each in answers]
    assert short == usual


def test_below_another_path_addresses_begin_with_it() -> None:
    answer = with_routes(App("app")).test_client().get("/where/x", base_url="http://here/app")
    assert answer.text == "x http://here/app/where/x /app/where/x"


@pytest.mark.parametrize("kind", [Flask, App])
def test_the_bare_path_of_a_mounted_app_is_not_its_home(kind: Callable[[str], Flask]) -> None:
    app = with_routes(kind("app"))
    app.add_url_rule("/", view_func=lambda: "home")
    bare = {"SCRIPT_NAME": "/app", "PATH_INFO": ""}
    assert app.test_client().get("/", environ_overrides=bare).status_code == 308


@pytest.mark.parametrize("host", ["a..b", "a" * 64])
def test_a_host_that_nothing_is_called_is_none(host: str) -> None:
    client = with_routes(App("app")).test_client()
    assert client.get("/text", headers={"Host": host}).status_code == 200
    assert client.get("/folder", headers={"Host": host}).status_code == 308


def test_bytes_that_are_no_text_are_a_bad_request() -> None:
    app = with_routes(App("app"))
    app.add_url_rule("/asked", view_func=lambda: request.args.get("a", ""))
    client = app.test_client()
    assert client.get("/asked?a=b").text == "b"
    raw = {"QUERY_STRING": "a=\xe4"}
    assert client.get("/asked", environ_overrides=raw).status_code == 400


@pytest.mark.parametrize("kind", [Flask, App])
def test_what_is_done_for_some_requests_alone_is_still_done(kind: Callable[[str], Flask]) -> None:
    app, done = with_routes(kind("app")), []
    blueprint = Blueprint("some", "some")

    @blueprint.get("/some")
    def some() -> str:
        return "some"

    @blueprint.before_request
    def before() -> None:
        done.append("before")

    @blueprint.after_request
    def after(response: Response) -> Response:
        done.append("after")
        response.call_on_close(lambda: done.append("closed"))
        return response

    @blueprint.teardown_request
    def teardown(_: object) -> None:
        done.append("teardown")

    app.register_blueprint(blueprint)
    app.test_client().get("/some").close()
    assert done == ["before", "after", "teardown", "closed"]


def test_what_an_address_holds_is_prepared() -> None:
    app, seen = with_routes(App("app")), []
    app.url_value_preprocessor(lambda _, values: seen.append(values))
    app.test_client().get("/where/x")
    assert seen == [{"name": "x"}]


def test_the_first_answer_before_a_request_is_the_last() -> None:
    app = with_routes(App("app"))
    app.before_request(lambda: None)
    app.before_request(lambda: ("no", 403))
    app.before_request(lambda: "never")
    assert app.test_client().get("/text").status_code == 403
