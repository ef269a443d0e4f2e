"""Another WSGI app behind this one's sign-in, in one process. It imports nothing of this app."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import bottle
import flask
import pytest
from flask import Flask
from werkzeug.test import Client, TestResponse

from tests.support.browser import EMAIL, PASSWORD, Browser
from tests.support.clock import Clock
from tests.support.servers import RedisServer, wait_until
from webapp import create_app
from webapp.protect import Protected

EXPIRED = 301


def notes_app() -> Flask:
    """Another Flask app. `/` is open to guests."""
    app = Flask("notes")
    app.secret_key = "of the other app"

    @app.route("/", methods=["GET", "POST"])
    @app.route("/notes", methods=["GET", "POST"])
    @app.route("/api/notes", methods=["GET", "POST"])
    def notes() -> dict[str, Any]:
        flask.session["visits"] = flask.session.get("visits", 0) + 1
        user = flask.request.environ.get("evergreen.user")
        return {
            "user": flask.request.remote_user,
            "email": user.email if user else None,
            "text": flask.request.form.get("text"),
            "claimed": flask.request.headers.get("X-User-Email"),
        }

    return app


def bottle_app() -> bottle.Bottle:
    app = bottle.Bottle()

    @app.route("/notes", method=["GET", "POST"])  # type: ignore[untyped-decorator]
    def notes() -> dict[str, Any]:
        bottle.response.set_cookie("theirs", "1")
        environ = bottle.request.environ
        user = environ.get("evergreen.user")
        return {
            "user": environ.get("REMOTE_USER"),
            "email": user.email if user else None,
            "text": bottle.request.forms.get("text"),
        }

    return app


class Wrapped(Browser):
    """A browser of the two apps."""

    def __init__(self, app: Flask) -> None:
        super().__init__(app)
        self.client = Client(Protected(app, notes_app().wsgi_app, public=("/",)))  # type: ignore[assignment]


@pytest.fixture
def browser(app: Flask) -> Wrapped:
    return Wrapped(app)


@pytest.fixture
def signed_in(browser: Wrapped) -> Wrapped:
    browser.sign_in()
    return browser


def names(answer: TestResponse) -> set[str]:
    return {line.partition("=")[0] for line in answer.headers.getlist("Set-Cookie")}


class TestGuests:
    def test_are_sent_to_the_login_page_and_back(self, browser: Wrapped) -> None:
        answer = browser.get("/notes?a=1&b=2")
        assert answer.status_code == 303
        assert answer.location == "/login?next=/notes?a%3D1%26b%3D2"
        assert answer.headers["Cache-Control"] == "private, no-store"
        back = browser.post(
            "/login", form_on=answer.location, email=EMAIL, password=PASSWORD, next="/notes?a=1&b=2"
        )
        assert back.location == "/notes?a=1&b=2"
        assert browser.get(back.location).json["email"] == EMAIL  # type: ignore[index]

    def test_come_back_to_letters_of_any_language(self, browser: Wrapped) -> None:
        path = "/notes/caf%C3%A9?q=%C3%BC&b=1"
        login = browser.get(path).location
        back = browser.post("/login", form_on=login, email=EMAIL, password=PASSWORD, next=path)
        assert back.location == path

    def test_see_what_is_public(self, browser: Wrapped) -> None:
        answer = browser.get("/")
        assert answer.json == {"user": None, "email": None, "text": None, "claimed": None}

    @pytest.mark.parametrize("path", ["/open/../notes", "/open/%2e%2e/notes", "/open/./x"])
    def test_do_not_leave_a_public_folder(self, app: Flask, path: str) -> None:
        client = Client(Protected(app, notes_app().wsgi_app, public=("/open/*",)))
        assert client.get("/open/logo.svg").status_code == 404  # of the other app
        assert client.get(path, headers={"Accept": "text/html"}).status_code == 303

    def test_scripts_get_a_status(self, browser: Wrapped) -> None:
        answer = browser.client.get("/api/notes", headers={"Sec-Fetch-Mode": "cors"})
        assert answer.status_code == 401

    def test_find_the_pages_of_this_app(self, browser: Wrapped) -> None:
        assert "Sign in" in browser.get("/login").text
        assert browser.get("/dashboard").status_code == 303
        assert browser.get("/healthz").json == {"status": "alive"}


class TestUsers:
    def test_are_named_by_an_id_that_never_changes(self, signed_in: Wrapped) -> None:
        answer = signed_in.get("/notes")
        assert answer.json["email"] == EMAIL  # type: ignore[index]
        assert len(answer.json["user"]) == 36  # type: ignore[index]
        assert "@" not in answer.json["user"]  # type: ignore[index]

    def test_are_known_on_public_pages(self, signed_in: Wrapped) -> None:
        assert signed_in.get("/").json["email"] == EMAIL  # type: ignore[index]

    def test_can_not_claim_to_be_another(self, signed_in: Wrapped) -> None:
        answer = signed_in.get("/notes", **{"X-User-Email": "admin@example.com"})
        assert answer.json["claimed"] is None  # type: ignore[index]

    @pytest.mark.parametrize("method", ["GET", "POST"])
    def test_stay_signed_in_over_expiry_and_their_form_arrives(
        self, signed_in: Wrapped, clock: Clock, method: str
    ) -> None:
        clock.advance(EXPIRED)
        data = {"text": "hello"} if method == "POST" else None
        answer = signed_in.client.open(
            "/notes", method=method, data=data, headers=signed_in.headers
        )
        assert answer.json["email"] == EMAIL
        assert answer.json["text"] == (data and "hello")
        assert names(answer) >= {"session", "access_token", "refresh_token"}
        assert answer.headers["Cache-Control"] == "private, no-store"

    def test_a_cookie_opens_their_paths_below_api_too(self, signed_in: Wrapped) -> None:
        assert signed_in.get("/api/notes").json["email"] == EMAIL  # type: ignore[index]

    def test_twenty_requests_at_once_after_expiry_get_one_successor(
        self, app: Flask, signed_in: Wrapped, clock: Clock
    ) -> None:
        clock.advance(EXPIRED)
        tabs = [Wrapped(app) for _ in range(20)]
        for tab in tabs:
            tab.keep({"refresh_token": signed_in.refresh_token})
        with ThreadPoolExecutor(20) as pool:
            answers = list(pool.map(lambda tab: tab.get("/notes"), tabs))
        assert {answer.status_code for answer in answers} == {200}
        assert len({tab.refresh_token for tab in tabs}) == 1

    def test_a_lost_answer_costs_nothing(self, signed_in: Wrapped, clock: Clock) -> None:
        before = {"refresh_token": signed_in.refresh_token, "access_token": signed_in.access_token}
        clock.advance(EXPIRED)
        signed_in.get("/notes")
        after = signed_in.refresh_token
        signed_in.keep(before)
        clock.advance(3600)
        assert signed_in.get("/notes").status_code == 200
        assert signed_in.refresh_token == after

    def test_a_sign_out_counts_for_both_apps(self, app: Flask, signed_in: Wrapped) -> None:
        copy = Wrapped(app)
        copy.keep(
            {"access_token": signed_in.access_token, "refresh_token": signed_in.refresh_token}
        )
        assert copy.get("/notes").status_code == 200
        signed_in.sign_out()
        assert copy.get("/notes").status_code == 303

    def test_sign_out_by_a_form_of_the_other_app(self, signed_in: Wrapped) -> None:
        """Without a token: the browser says that the form is of this site."""
        headers = signed_in.headers | {"Sec-Fetch-Site": "same-origin"}
        assert signed_in.client.post("/logout", headers=headers).status_code == 303
        assert signed_in.get("/notes").status_code == 303

    def test_an_answer_that_comes_after_the_sign_out_brings_no_cookies(
        self, app: Flask, signed_in: Wrapped, clock: Clock
    ) -> None:
        names_kept = ("access_token", "refresh_token", "known_browser")
        before = {name: signed_in.cookie(name) or "" for name in names_kept}

        def slow(environ: Any, start: Any) -> list[bytes]:
            signed_in.sign_out()
            start("200 OK", [("Content-Type", "text/plain")])
            return [b"late"]

        clock.advance(EXPIRED)
        other = Wrapped(app)
        other.client = Client(Protected(app, slow))  # type: ignore[assignment]
        other.keep(before)
        answer = other.get("/slow")
        assert answer.text == "late"
        assert not names(answer)


def test_a_bottle_app_is_protected_as_well(app: Flask, clock: Clock) -> None:
    browser = Browser(app)
    browser.client = Client(Protected(app, bottle_app()))  # type: ignore[assignment]
    assert browser.get("/notes").location == "/login?next=/notes"
    browser.sign_in()
    clock.advance(EXPIRED)
    answer = browser.client.post("/notes", data={"text": "hello"}, headers=browser.headers)
    assert (answer.json["email"], answer.json["text"]) == (EMAIL, "hello")
    assert names(answer) >= {"theirs", "access_token", "refresh_token"}


class TestOtherSites:
    @pytest.mark.parametrize("path", ["/notes", "/api/notes"])
    def test_can_change_nothing(self, signed_in: Wrapped, path: str) -> None:
        headers = signed_in.headers | {"Sec-Fetch-Site": "cross-site"}
        assert signed_in.client.post(path, headers=headers).status_code == 403

    def test_meet_a_guest_on_public_pages(self, signed_in: Wrapped) -> None:
        headers = signed_in.headers | {"Sec-Fetch-Site": "cross-site"}
        answer = signed_in.client.post("/", headers=headers)
        assert answer.status_code == 200
        assert json.loads(answer.text)["user"] is None

    def test_may_link_here(self, signed_in: Wrapped) -> None:
        assert signed_in.get("/notes", **{"Sec-Fetch-Site": "cross-site"}).status_code == 200


@pytest.mark.impatient
def test_while_redis_hangs_a_good_access_token_goes_on_and_the_others_wait(
    signed_in: Wrapped, clock: Clock, redis_server: RedisServer
) -> None:
    with redis_server.paused():
        assert signed_in.get("/notes").status_code == 200
        clock.advance(EXPIRED)
        answer = signed_in.get("/notes")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
    wait_until(lambda: signed_in.get("/notes").status_code == 200)


def test_behind_a_proxy_the_client_is_the_one_that_it_names(
    environment: dict[str, str], clock: Clock
) -> None:
    browser = Wrapped(create_app(environment | {"WEBAPP_TRUSTED_PROXIES": "1"}, clock))
    answer = browser.get("/notes", **{"X-Forwarded-Prefix": "/tools"})
    assert answer.location == "/tools/login?next=/tools/notes"
