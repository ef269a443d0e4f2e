"""A cached token needs no store, and every end of its session is still noticed."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import redis
from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from redis.connection import AbstractConnection
from sqlalchemy import event
from werkzeug.test import TestResponse

from tests.conftest import services_of
from tests.support.api import Program, error_code
from tests.support.browser import EMAIL, Browser
from tests.support.clock import Clock
from tests.support.servers import wait_until
from webapp import create_app
from webapp.core import jws
from webapp.core.end_reasons import EndReason
from webapp.core.models import UserChanges
from webapp.core.policy import Permission
from webapp.store.redis import invalidation_feed
from webapp.store.sql.models import db
from webapp.web.auth.authentication import current_identity
from webapp.web.auth.authorization import requires

BARE = "/bare"
PROTECTED = "/api/v1/protected"


@pytest.fixture
def app(environment: dict[str, str], clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Flask:
    """One that reads its feed, with a page that needs only the identity."""
    monkeypatch.setattr(invalidation_feed, "MAX_SILENCE", 60)  # however busy the machine is
    app = create_app(environment, clock)

    @app.get(BARE)
    @requires(Permission.OWN_ACCOUNT)
    def bare() -> str:
        return current_identity().user.role

    wait_until(lambda: services_of(app).feed.epoch >= 0)
    return app


@pytest.fixture
def signed_in(browser: Browser) -> Browser:
    browser.sign_in()
    return browser


def with_a_cookie(browser: Browser) -> TestResponse:
    return browser.get(BARE)


def with_a_bearer_token(browser: Browser) -> TestResponse:
    return Browser(browser.client.application).fetch(PROTECTED, browser.access_token)


both_ways = pytest.mark.parametrize("ask", [with_a_cookie, with_a_bearer_token])
Ask = Callable[[Browser], TestResponse]


@contextmanager
def questions(app: Flask) -> Iterator[list[str]]:
    """What this thread asks Redis and SQL: the feed's reader is another one, and so is clean-up."""
    asked: list[str] = []
    this, send = threading.get_ident(), AbstractConnection.send_packed_command

    def note_command(self: AbstractConnection, *args, **options) -> None:
        if threading.get_ident() == this:
            asked.append("Redis")
        send(self, *args, **options)

    def note_checkout(*_: object) -> None:
        if threading.get_ident() == this:
            asked.append("SQL")

    with app.app_context(), pytest.MonkeyPatch.context() as patch:
        engine = db.engine
        patch.setattr(AbstractConnection, "send_packed_command", note_command)
        event.listen(engine, "checkout", note_checkout)
        yield asked
        event.remove(engine, "checkout", note_checkout)


def sid_of(app: Flask, browser: Browser) -> str:
    services = services_of(app)
    with app.app_context():
        return services.token_verifier.verify(browser.access_token, services.now())[1].sid


def change_ada(app: Flask, **changes) -> None:
    services = services_of(app)
    with app.app_context():
        user, _ = services.accounts.find(EMAIL)
        assert user
        services.user_admin.change(user.id, UserChanges(**changes), services.now())


class TestAsksNobody:
    @both_ways
    def test_the_first_request_asks_both_stores_and_the_next_ones_none(
        self, app: Flask, signed_in: Browser, ask: Ask
    ) -> None:
        with questions(app) as asked:
            assert ask(signed_in).status_code == 200
            assert set(asked) == {"Redis", "SQL"}
            asked.clear()
            assert [ask(signed_in).status_code for _ in range(3)] == [200] * 3
            assert asked == []

    @both_ways
    def test_a_known_token_is_not_verified_again(
        self, signed_in: Browser, monkeypatch: pytest.MonkeyPatch, ask: Ask
    ) -> None:
        assert ask(signed_in).status_code == 200
        monkeypatch.setattr(jws, "verify", lambda *_: pytest.fail("it is verified again"))
        assert ask(signed_in).status_code == 200

    @both_ways
    def test_the_cookie_of_flask_session_is_not_read_and_no_answer_varies_by_it(
        self, signed_in: Browser, monkeypatch: pytest.MonkeyPatch, ask: Ask
    ) -> None:
        monkeypatch.setattr(
            SecureCookieSessionInterface, "open_session", lambda *_: pytest.fail("it is opened")
        )
        answer = ask(signed_in)
        assert answer.status_code == 200
        assert "Cookie" not in answer.headers.get("Vary", "")
        assert "Set-Cookie" not in answer.headers

    def test_each_token_is_known_for_itself(self, app: Flask, signed_in: Browser) -> None:
        with_a_bearer_token(signed_in)
        other = Browser(app)
        other.sign_in()
        with questions(app) as asked:
            assert with_a_bearer_token(other).status_code == 200
            assert set(asked) == {"Redis", "SQL"}

    def test_without_a_memory_every_request_asks(
        self, environment: dict[str, str], clock: Clock
    ) -> None:
        app = create_app(environment | {"WEBAPP_TOKEN_MEMORY": "0"}, clock)
        wait_until(lambda: services_of(app).feed.epoch >= 0)
        browser = Browser(app)
        browser.sign_in()
        for _ in range(2):
            with questions(app) as asked:
                assert with_a_bearer_token(browser).status_code == 200
                assert set(asked) == {"Redis", "SQL"}

    def test_what_redis_did_not_confirm_is_asked_again(
        self, app: Flask, signed_in: Browser, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The generation's arrival could not be noted: the next request has to do it."""
        with monkeypatch.context() as patch:
            patch.setattr(AbstractConnection, "send_packed_command", out_of_order)
            assert with_a_bearer_token(signed_in).status_code == 200
        with questions(app) as asked:
            assert with_a_bearer_token(signed_in).status_code == 200
            assert "Redis" in asked


def out_of_order(*_: object, **__: object) -> None:
    if threading.current_thread().name != "feed":
        raise redis.ConnectionError


class TestStillNotices:
    def test_that_it_has_expired(self, app: Flask, clock: Clock) -> None:
        program = Program(app)
        lifetime = program.log_in()["expires_in"]
        assert program.call("GET", "/protected").status_code == 200
        clock.advance(lifetime - 1)
        assert program.call("GET", "/protected").status_code == 200
        clock.advance(1)
        answer = program.call("GET", "/protected")
        assert (answer.status_code, error_code(answer)) == (401, "token_expired")

    def test_that_another_spelling_is_another_token(self, signed_in: Browser) -> None:
        assert with_a_bearer_token(signed_in).status_code == 200
        head, _, signature = signed_in.access_token.rpartition(".")
        for forged in (f"{head}.{signature[::-1]}", f"{head}.", head):
            answer = Browser(signed_in.client.application).fetch(PROTECTED, forged)
            assert (answer.status_code, error_code(answer)) == (401, "token_invalid")

    @both_ways
    def test_that_its_session_has_ended_here_at_the_very_next_request(
        self, app: Flask, signed_in: Browser, ask: Ask
    ) -> None:
        assert ask(signed_in).status_code == 200
        services = services_of(app)
        with app.app_context():
            services.sessions.end(sid_of(app, signed_in), EndReason.LOGOUT, services.now())
        assert ask(signed_in).status_code in (303, 401)

    def test_that_its_owner_has_logged_out(self, app: Flask, signed_in: Browser) -> None:
        token = signed_in.access_token
        assert with_a_bearer_token(signed_in).status_code == 200
        signed_in.sign_out()
        answer = Browser(app).fetch(PROTECTED, token)
        assert (answer.status_code, error_code(answer)) == (401, "session_ended")

    def test_that_its_key_was_withdrawn(self, app: Flask, signed_in: Browser) -> None:
        assert with_a_bearer_token(signed_in).status_code == 200
        services_of(app).access_keys._by_kid.pop(jws.kid_of(signed_in.access_token))
        answer = with_a_bearer_token(signed_in)
        assert (answer.status_code, error_code(answer)) == (401, "token_invalid")

    def test_that_its_user_has_another_role(self, app: Flask, signed_in: Browser) -> None:
        assert signed_in.get(BARE).text == "user"
        change_ada(app, role="admin")
        assert signed_in.get(BARE).text == "admin"

    @both_ways
    def test_that_its_user_was_disabled(self, app: Flask, signed_in: Browser, ask: Ask) -> None:
        assert ask(signed_in).status_code == 200
        change_ada(app, disabled=True)
        assert ask(signed_in).status_code in (303, 401)
