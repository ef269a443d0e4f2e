"""What Flask's documentation describes works as in a bare Flask app."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import flask
import pytest
from blinker import Signal
from flask import Blueprint, Flask, Response, after_this_request, g, render_template_string, request

from tests.support.clock import Clock
from webapp import create_app
from webapp.web.app import EvergreenFlask
from webapp.web.auth.authorization import public


@pytest.fixture(params=["bare", "evergreen"])
def any_app(request: pytest.FixtureRequest) -> Flask:
    if request.param == "bare":
        return Flask("bare")
    app: Flask = request.getfixturevalue("app")
    return app


@pytest.fixture
def client(any_app: Flask) -> Any:
    return any_app.test_client()


def test_trusted_hosts(any_app: Flask, client: Any) -> None:
    any_app.config["TRUSTED_HOSTS"] = ["example.com"]
    any_app.get("/page")(public(lambda: "page"))
    assert client.get("/page", base_url="http://example.com").text == "page"
    for path in ("/page", "/nowhere"):
        assert client.get(path, base_url="http://evil.example").status_code == 400


@pytest.mark.parametrize("host", ["a..b", "a" * 64])
def test_a_host_that_is_no_name_is_a_bad_request(any_app: Flask, client: Any, host: str) -> None:
    any_app.get("/page")(public(lambda: "page"))
    assert client.get("/page", headers={"Host": host}).status_code == 400


def test_an_async_view(any_app: Flask, client: Any) -> None:
    @any_app.get("/page")
    @public
    async def page() -> str:
        return request.path

    assert client.get("/page").text == "/page"


def test_a_subdomain_route(any_app: Flask, client: Any) -> None:
    any_app.subdomain_matching = True
    any_app.config["SERVER_NAME"] = "example.com"
    any_app.get("/page", subdomain="<tenant>")(public(lambda tenant: tenant))
    assert client.get("/page", base_url="http://blue.example.com").text == "blue"
    assert client.get("/page", base_url="http://example.com").status_code == 404


def test_the_hooks_of_a_blueprint(any_app: Flask, client: Any) -> None:
    blueprint, calls = Blueprint("shop", "shop"), []
    blueprint.get("/page")(public(lambda: "page"))
    blueprint.url_value_preprocessor(lambda *_: calls.append("values"))
    blueprint.before_request(lambda: calls.append("before"))
    blueprint.teardown_request(lambda _: calls.append("teardown"))

    @blueprint.after_request
    def after(response: Response) -> Response:
        calls.append("after")
        response.call_on_close(lambda: calls.append("close"))
        return response

    any_app.register_blueprint(blueprint)
    client.get("/nowhere").close()
    assert calls == []
    client.get("/page").close()
    assert calls == ["values", "before", "after", "teardown", "close"]


def test_the_first_response_of_a_hook_is_the_last(any_app: Flask, client: Any) -> None:
    any_app.before_request(lambda: None)
    any_app.before_request(lambda: ("closed", 418))
    any_app.before_request(lambda: pytest.fail("it is called"))
    assert client.get("/").status_code == 418


def test_error_handlers(any_app: Flask, client: Any) -> None:
    any_app.get("/page")(public(lambda: {}["nothing"]))
    any_app.register_error_handler(KeyError, lambda error: (f"no {error}", 409))
    any_app.register_error_handler(404, lambda _: ("nowhere", 404))
    assert (client.get("/page").status_code, client.get("/page").text) == (409, "no 'nothing'")
    assert client.get("/nowhere").text == "nowhere"


@contextmanager
def recorded(app: Flask, signal: Signal) -> Iterator[list[object]]:
    seen: list[object] = []

    def record(sender: object, **details: object) -> None:
        seen.append(details.get("exception") or request.path)

    with signal.connected_to(record, app):
        yield seen


@pytest.mark.parametrize(
    "signal", [flask.request_started, flask.request_finished, flask.request_tearing_down]
)
def test_signals(any_app: Flask, client: Any, signal: Signal) -> None:
    any_app.get("/page")(public(lambda: "page"))
    with recorded(any_app, signal) as seen:
        client.get("/page").close()
    assert seen == ["/page"]


def test_the_signal_of_an_exception(any_app: Flask, client: Any) -> None:
    any_app.get("/page")(public(lambda: 1 / 0))
    with recorded(any_app, flask.got_request_exception) as seen:
        assert client.get("/page").status_code == 500
    assert [type(each) for each in seen] == [ZeroDivisionError]


def test_after_this_request(any_app: Flask, client: Any) -> None:
    @any_app.get("/page")
    @public
    def page() -> str:
        @after_this_request
        def add_header(response: Response) -> Response:
            response.headers["X-Page"] = "once"
            return response

        return "page"

    assert client.get("/page").headers.getlist("X-Page") == ["once"]
    assert "X-Page" not in client.get("/nowhere").headers


class Greeter:
    """An extension, as Flask's documentation shows how to write one."""

    def __init__(self) -> None:
        self.ended: list[str] = []

    def init_app(self, app: Flask) -> None:
        app.extensions["greeter"] = self
        app.before_request(self.before)
        app.after_request(self.after)
        app.teardown_appcontext(lambda _: self.ended.append(g.greeting))
        app.context_processor(lambda: {"greeting": g.greeting})
        app.jinja_env.filters["loud"] = str.upper

    def before(self) -> None:
        g.greeting = "hello"

    def after(self, response: Response) -> Response:
        response.headers["X-Greeting"] = g.greeting
        return response


def test_the_init_app_of_an_extension(any_app: Flask, client: Any) -> None:
    greeter = Greeter()
    greeter.init_app(any_app)
    any_app.get("/page")(public(lambda: render_template_string("{{ greeting | loud }}")))
    response = client.get("/page")
    response.close()
    assert (response.text, response.headers["X-Greeting"]) == ("HELLO", "hello")
    assert greeter.ended == ["hello"]


@pytest.mark.parametrize("kind", [Flask, EvergreenFlask])
def test_the_bare_path_of_a_mounted_app_redirects(kind: type[Flask]) -> None:
    app = kind("app")
    app.add_url_rule("/", view_func=public(lambda: "home"))
    bare = {"SCRIPT_NAME": "/app", "PATH_INFO": ""}
    assert app.test_client().get("/", environ_overrides=bare).status_code == 308


def test_a_query_string_that_is_no_text_is_a_bad_request() -> None:
    """In a bare app it is a 500."""
    app = EvergreenFlask("app")
    app.add_url_rule("/page", view_func=public(lambda: request.args.get("a", "")))
    client = app.test_client()
    assert client.get("/page?a=b").text == "b"
    raw = {"QUERY_STRING": "a=\xe4"}
    assert client.get("/page", environ_overrides=raw).status_code == 400


def test_the_middleware_stands_in_the_order_of_its_list(
    environment: dict[str, str], clock: Clock
) -> None:
    layer: Any = create_app(environment | {"WEBAPP_TRUSTED_PROXIES": "1"}, clock).wsgi_app
    names = []
    while app := getattr(layer, "_app", None):
        names.append(type(layer).__name__)
        layer = app
    assert names == [
        "SecurityHeaders",
        "MonitoringEndpoints",
        "ForwardedHeaders",
        "ConcurrencyLimit",
        "RecordingMiddleware",
    ]
