"""/healthz and /readyz: quick whatever hangs, public, and without internal addresses."""

import re
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from sqlalchemy import event, text
from werkzeug.test import TestResponse

from tests.support.browser import Browser
from tests.support.clock import Clock
from tests.support.servers import RedisServer, free_port
from tests.support.sql import connected
from webapp import create_app
from webapp.store.sql.models import db
from webapp.web.auth import cookies
from webapp.web.middleware.concurrency_limit import MAX_CONCURRENT, ConcurrencyLimit
from webapp.web.monitoring.endpoints import MonitoringEndpoints
from webapp.web.monitoring.readiness import FRESH, LIMIT, OK, STALE, Readiness

pytestmark = pytest.mark.impatient

READY = {"status": "ready", "sql": "ok", "redis": "ok", "migrations": "ok"}
# Seconds. The promise is below one; a busy machine may take longer, and never for ever.
SOON = 10.0


def ask(app: Flask, path: str = "/readyz", **headers: str) -> TestResponse:
    return app.test_client().get(path, headers=headers)


@pytest.fixture
def hanging_sql(app: Flask) -> Iterator[None]:
    """Statements that never end, until the test does."""
    over = threading.Event()

    def hang(*_: object) -> None:
        over.wait(SOON * 2)

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", hang)
    yield
    event.remove(engine, "before_cursor_execute", hang)
    over.set()


class TestAlive:
    def test_it_asks_no_store(
        self, app: Flask, redis_server: RedisServer, hanging_sql: None
    ) -> None:
        redis_server.pause()
        try:
            answer = ask(app, "/healthz")
        finally:
            redis_server.resume()
        assert (answer.status_code, answer.json) == (200, {"status": "alive"})

    @pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
    def test_it_waits_for_no_place_among_the_requests(self, app: Flask, path: str) -> None:
        layer = app.wsgi_app
        while not isinstance(layer, ConcurrencyLimit):
            layer = layer._app  # type: ignore[attr-defined]
        for _ in range(MAX_CONCURRENT):
            layer._free.get()
        with ThreadPoolExecutor(1) as one:
            assert one.submit(ask, app, path).result(SOON).status_code == 200

    def test_a_worker_in_which_nothing_goes_on_says_so(
        self, app: Flask, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        layer = app.wsgi_app
        while not isinstance(layer, MonitoringEndpoints):
            layer = layer._app  # type: ignore[attr-defined]
        monkeypatch.setattr(layer, "_is_stuck", lambda: True)
        answer = ask(app, "/healthz")
        assert (answer.status_code, answer.json) == (503, {"status": "stuck"})

    def test_head_has_no_body_and_nothing_can_be_sent(self, app: Flask) -> None:
        answer = app.test_client().head("/healthz")
        assert (answer.status_code, answer.data) == (200, b"")
        assert app.test_client().post("/healthz").status_code == 404


class TestReady:
    def test_it_names_each_part(self, app: Flask) -> None:
        answer = ask(app)
        assert (answer.status_code, answer.json) == (200, READY)
        assert answer.headers["Cache-Control"] == "private, no-store"

    def test_a_redis_that_hangs_is_named_in_time(
        self, app: Flask, redis_server: RedisServer
    ) -> None:
        redis_server.pause()
        try:
            began = time.monotonic()
            answer = ask(app)
            took = time.monotonic() - began
        finally:
            redis_server.resume()
        assert answer.status_code == 503
        assert answer.json["redis"] in ("does not answer", f"no answer within {LIMIT} seconds")
        assert answer.json == {**READY, "status": "not ready", "redis": answer.json["redis"]}
        assert took < SOON

    def test_a_redis_that_is_gone_is_named_and_its_address_is_not(
        self, environment: dict[str, str], clock: Clock
    ) -> None:
        port = free_port()
        url = f"redis://:a-password@127.0.0.1:{port}/0"
        answer = ask(create_app(environment | {"REDIS_URL": url}, clock))
        assert answer.status_code == 503
        assert answer.json["redis"] == "can't be reached"
        for kept in (str(port), "127.0.0.1", "a-password"):
            assert kept not in answer.text

    def test_a_redis_that_takes_no_writes_is_not_ready(
        self, app: Flask, redis_server: RedisServer
    ) -> None:
        redis = redis_server.client()
        redis.config_set("min-replicas-to-write", 1)
        try:
            answer = ask(app)
        finally:
            redis.config_set("min-replicas-to-write", 0)
        assert (answer.status_code, answer.json["redis"]) == (503, "takes no writes")

    def test_a_database_that_hangs_is_named_in_time(self, app: Flask, hanging_sql: None) -> None:
        began = time.monotonic()
        answer = ask(app)
        assert time.monotonic() - began < SOON
        assert answer.status_code == 503
        assert answer.json["sql"] == answer.json["migrations"] == "no answer within 0.8 seconds"
        assert answer.json["redis"] == "ok"

    @pytest.mark.parametrize(
        ("found", "status", "words"),
        [
            ("0001", 503, "not current: run `flask db upgrade`"),
            ("9999", 200, "ok"),  # a newer app is about to replace this one
        ],
    )
    def test_tables_must_not_be_older_than_the_app(
        self, app: Flask, environment: dict[str, str], found: str, status: int, words: str
    ) -> None:
        with connected(environment) as sql:
            sql.execute(text("UPDATE alembic_version SET version_num = :found"), {"found": found})
        answer = ask(app)
        assert (answer.status_code, answer.json["migrations"]) == (status, words)

    def test_no_cookie_is_read_or_set(
        self, browser: Browser, clock: Clock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        browser.sign_in()
        clock.advance(301)  # any page would renew the sign-in
        monkeypatch.setattr(cookies, "read", lambda *_: pytest.fail("a cookie is read"))
        for path in ("/healthz", "/readyz", "/metrics"):
            answer = browser.get(path)
            assert answer.status_code == 200
            assert "Set-Cookie" not in answer.headers
            assert "Cookie" not in answer.headers.get("Vary", "")


class Steps:
    """A clock that a test moves, and a part that counts how often it was asked."""

    def __init__(self) -> None:
        self.now, self.asked, self.says = 0.0, 0, OK
        self.goes_on = threading.Event()
        self.goes_on.set()
        self.readiness = Readiness({"part": self.ask}, lambda: self.now)

    def ask(self) -> str:
        self.asked += 1
        self.goes_on.wait(SOON * 2)
        return self.says


@pytest.fixture
def steps() -> Iterator[Steps]:
    steps = Steps()
    yield steps
    steps.goes_on.set()


class TestFlood:
    def test_an_answer_is_good_for_a_second(self, steps: Steps) -> None:
        for _ in range(100):
            assert steps.readiness.answer() == {"part": OK}
        assert steps.asked == 1
        steps.now, steps.says = FRESH, "broken"
        assert steps.readiness.answer() == {"part": "broken"}
        assert steps.asked == 2

    def test_a_part_that_hangs_is_asked_once_by_however_many(self, steps: Steps) -> None:
        steps.goes_on.clear()
        with ThreadPoolExecutor(20) as many:
            first = list(many.map(lambda _: steps.readiness.answer(), range(20)))
        steps.now = FRESH
        again = steps.readiness.answer()
        assert [*first, again] == [{"part": f"no answer within {LIMIT} seconds"}] * 21
        assert steps.asked == 1

    def test_who_comes_meanwhile_gets_the_last_answer_and_waits_for_nothing(
        self, steps: Steps
    ) -> None:
        steps.readiness.answer()
        steps.goes_on.clear()
        steps.now, steps.says = FRESH, "broken"
        with looking(steps):
            assert steps.readiness.answer() == {"part": OK}
        assert steps.readiness.answer() == {"part": "broken"}

    def test_an_old_answer_is_not_given_out(self, steps: Steps) -> None:
        steps.readiness.answer()
        steps.goes_on.clear()
        steps.now, steps.says = STALE, "broken"
        with ThreadPoolExecutor(1) as second, looking(steps):
            waiting = second.submit(steps.readiness.answer)
            steps.goes_on.set()
            assert waiting.result(SOON) == {"part": "broken"}

    def test_a_part_that_fails_otherwise_says_nothing_of_it(self) -> None:
        def fail() -> str:
            raise RuntimeError("redis://:secret@host")

        assert Readiness({"part": fail}).answer() == {"part": "can't be asked"}


class looking:  # noqa: N801 - used like a function
    """Another request runs the checks, slowly."""

    def __init__(self, steps: Steps) -> None:
        self.steps = steps
        self.thread = threading.Thread(target=steps.readiness.answer)

    def __enter__(self) -> None:
        before = self.steps.asked
        self.thread.start()
        deadline = time.monotonic() + SOON
        while self.steps.asked == before and time.monotonic() < deadline:
            time.sleep(0.001)

    def __exit__(self, *_: object) -> None:
        self.steps.goes_on.set()
        self.thread.join()


class TestWhoMayReadTheMetrics:
    TOKEN = "the-watcher-of-the-meadow"

    @pytest.fixture
    def with_token(self, environment: dict[str, str], clock: Clock) -> Flask:
        return create_app(environment | {"WEBAPP_METRICS_TOKEN": self.TOKEN}, clock)

    @pytest.fixture
    def asked(self, app: Flask) -> Callable[..., TestResponse]:
        """Without a token."""

        def ask(address: str, app: Flask = app, **headers: str) -> TestResponse:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            there = {"REMOTE_ADDR": address}
            return app.test_client().get("/metrics", headers=named, environ_overrides=there)

        return ask

    @pytest.mark.parametrize("address", ["127.0.0.1", "::1", "::ffff:127.0.0.1"])
    def test_who_asks_from_this_machine(
        self, asked: Callable[..., TestResponse], address: str
    ) -> None:
        answer = asked(address)
        assert answer.status_code == 200
        assert answer.content_type.startswith("text/plain; version=")

    @pytest.mark.parametrize("name", ["X_Forwarded_For", "Forwarded", "Via", "X_Real_IP"])
    def test_no_client_through_a_proxy_on_this_machine(
        self, asked: Callable[..., TestResponse], name: str
    ) -> None:
        assert asked("127.0.0.1", **{name: "127.0.0.1"}).status_code == 404

    def test_who_shows_the_token_from_anywhere(
        self, asked: Callable[..., TestResponse], with_token: Flask
    ) -> None:
        bearer = {"Authorization": f"Bearer {self.TOKEN}", "X_Forwarded_For": "203.0.113.7"}
        assert asked("203.0.113.9", with_token, **bearer).status_code == 200

    def test_where_there_is_a_token_this_machine_needs_it_too(
        self, asked: Callable[..., TestResponse], with_token: Flask
    ) -> None:
        """A proxy on it that sets no header would let in the world."""
        assert asked("127.0.0.1", with_token).status_code == 404

    @pytest.mark.parametrize(
        "shown", ["Bearer", "Bearer ", "Bearer wrong", "Bearer \xe9", f"Basic {TOKEN}", TOKEN]
    )
    def test_to_all_others_it_is_not_there(
        self, asked: Callable[..., TestResponse], with_token: Flask, shown: str
    ) -> None:
        answer = asked("203.0.113.9", with_token, Authorization=shown)
        nothing = with_token.test_client().get("/nowhere", headers={"Authorization": shown})
        assert answer.status_code == nothing.status_code == 404
        made_for_each = re.compile(r'nonce="[^"]+"|[0-9a-f-]{36}|next=/[a-z]+')
        assert made_for_each.sub("", answer.text) == made_for_each.sub("", nothing.text)

    def test_without_a_token_an_empty_one_opens_nothing(
        self, environment: dict[str, str], clock: Clock
    ) -> None:
        app = create_app(environment, clock)
        there = {"REMOTE_ADDR": "203.0.113.9"}
        headers = {"Authorization": "Bearer "}
        answer = app.test_client().get("/metrics", headers=headers, environ_overrides=there)
        assert answer.status_code == 404
