"""The log: a line a fact, with the request's name, and nothing in it that opens an account."""

import json
import logging
import re
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask, Response, request
from flask.logging import default_handler

from tests.store.test_security_events import NEW, WRONG, Story
from tests.support.api import Program
from tests.support.browser import EMAIL, FIREFOX, PASSWORD, Browser
from tests.support.clock import Clock
from tests.support.mails import mailed_path, mailed_tokens
from tests.test_config import SECRETS
from webapp import create_app
from webapp.runtime import log_format
from webapp.web.auth.authorization import public

PRODUCTION = SECRETS | {"WEBAPP_MODE": "production", "WEBAPP_BCRYPT_ROUNDS": "10"}
Lines = Callable[[], list[str]]
Json = dict[str, Any]


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """All apps of a process share its log."""
    formatter = default_handler.formatter
    yield
    default_handler.setFormatter(formatter)


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Lines:
    """What was written since the last look."""
    return lambda: capsys.readouterr().err.splitlines()


@pytest.fixture
def production(environment: dict[str, str], clock: Clock) -> Flask:
    return create_app(environment | PRODUCTION, clock)


def log_of(lines: Lines) -> list[Json]:
    return [json.loads(line) for line in lines()]


class TestProduction:
    def test_a_line_is_an_object_with_the_time_and_the_name_of_the_request(
        self, production: Flask, lines: Lines
    ) -> None:
        answer = Browser(production).post("/login", email=EMAIL, password=WRONG)
        (line,) = log_of(lines)
        assert list(line)[:5] == ["time", "level", "logger", "request_id", "message"]
        assert (line["level"], line["logger"]) == ("INFO", "webapp.events")
        assert line["request_id"] == answer.headers["X-Request-ID"]
        assert line["time"].endswith("Z")
        age = datetime.now(UTC) - datetime.fromisoformat(line["time"])
        assert timedelta(0) <= age < timedelta(minutes=5)

    def test_an_event_is_fields_as_well(self, production: Flask, lines: Lines) -> None:
        browser = Browser(production)
        browser.sign_in()
        browser.sign_out()
        began, ended = log_of(lines)
        assert (began["event"], ended["event"]) == ("signed_in", "session_ended")
        assert began["user"] == ended["user"]
        assert began["sid"] == ended["sid"]
        assert ended["ip"] == "127.0.0.1"
        assert ended["detail"] == "logout"

    def test_an_exception_is_one_field_and_says_where_but_not_what(
        self, production: Flask, lines: Lines
    ) -> None:
        def fail(token: str) -> str:
            try:
                raise KeyError(PASSWORD)
            except KeyError as error:
                raise RuntimeError(f"{token} and {request.url}") from error

        production.add_url_rule("/fail/<token>", "fail", public(fail))
        assert Browser(production).get("/fail/a-secret-in-the-address").status_code == 500
        (line,) = log_of(lines)
        assert line["message"] == "Exception on GET /fail/<token>"
        assert re.search(r'test_logs.py", line \d+, in fail', line["exception"])
        assert "\n    raise KeyError(PASSWORD)\n" in line["exception"]
        assert line["exception"].endswith("RuntimeError")
        assert "\nKeyError\n\nwhich led to:\n" in line["exception"]
        assert "a-secret" not in str(line)
        assert PASSWORD not in str(line)

    def test_libraries_write_the_same_way(self, production: Flask, lines: Lines) -> None:
        logging.getLogger("some.library").warning("careful: %s", "a\nline")
        (line,) = log_of(lines)
        assert (line["logger"], line["message"]) == ("some.library", "careful: a\nline")

    def test_an_ordinary_request_is_no_line(self, production: Flask, lines: Lines) -> None:
        Browser(production).get("/login")
        assert lines() == []

    def test_text_is_chosen_by_a_setting(
        self, environment: dict[str, str], clock: Clock, lines: Lines
    ) -> None:
        app = create_app(environment | PRODUCTION | {"WEBAPP_LOG_FORMAT": "text"}, clock)
        Browser(app).post("/login", email=EMAIL, password=WRONG)
        (line,) = lines()
        assert re.match(r"\S+Z INFO [0-9a-f-]{36} webapp.events: event=sign_in_failed ", line)


class TestDevelopment:
    def test_it_is_for_people_and_tells_all(
        self, app: Flask, browser: Browser, lines: Lines
    ) -> None:
        def fail() -> str:
            raise RuntimeError("logged in full")

        app.add_url_rule("/fail", "fail", public(fail))
        browser.get("/fail")
        first, *others = lines()
        assert re.match(r"\S+Z ERROR [0-9a-f-]{36} webapp: Exception on GET /fail$", first)
        assert others[0].strip() == "Traceback (most recent call last):"
        assert others[-1].strip() == "RuntimeError: logged in full"

    def test_json_is_chosen_by_a_setting(
        self, environment: dict[str, str], clock: Clock, lines: Lines
    ) -> None:
        app = create_app(environment | {"WEBAPP_LOG_FORMAT": "json"}, clock)
        lines()
        Browser(app).post("/login", email=EMAIL, password=WRONG)
        assert [line["event"] for line in log_of(lines)] == ["sign_in_failed"]


class TestForgeries:
    FORGED = "2026-01-01T00:00:00Z INFO - webapp.events: event=signed_in"

    @pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\x0b", "\x85", "\u2028", "\x1b[2K\r"])
    @pytest.mark.parametrize("as_json", [True, False])
    def test_no_text_begins_a_line(self, as_json: bool, end: str) -> None:
        formatter = (log_format.JsonFormatter if as_json else log_format.TextFormatter)(
            in_full=True
        )
        text = f"x{end}{self.FORGED}"
        try:
            raise RuntimeError(text)
        except RuntimeError:
            error = sys.exc_info()
        record = logging.LogRecord("webapp", logging.INFO, "", 1, "logged: %s", (text,), error)
        written = formatter.format(record)
        assert written.isprintable() or not as_json
        assert "\x1b" not in written
        assert [line for line in written.splitlines() if line.startswith("2026-01")] == []

    def test_what_clients_send_ends_no_line(self, production: Flask, lines: Lines) -> None:
        there = {"REMOTE_ADDR": f"192.0.2.1\n{self.FORGED}"}
        headers = {"User-Agent": "Mozilla\\n", "X-Request-ID": "a b"}
        Program(production).client.post(
            "/api/v1/auth/login",
            json={"email": f"a@b.c\n{self.FORGED}", "password": WRONG},
            headers=headers,
            environ_overrides=there,
        )
        assert [line["event"] for line in log_of(lines)] == ["sign_in_failed"]


NEWEST = "another long woollen hat"
SIGNATURE = "Zm9v-YmFy_YmF6" * 2


@pytest.mark.parametrize(
    ("text", "written"),
    [
        (f"at /reset-password/abc.{SIGNATURE} now", "at /reset-password/[signed] now"),
        (f"'a.{SIGNATURE}.bc'", "'[signed]'"),
        (f"reading...{SIGNATURE}", "[signed]"),
        (f"session=.eJw.aRt.{SIGNATURE};", "session=[signed];"),
        (
            "webapp.store.redis.invalidation_feed at 127.0.0.1",
            "webapp.store.redis.invalidation_feed at 127.0.0.1",
        ),
        ("a" * 300_000, "a" * 300_000),  # in the square of its length it would take minutes
        (f"{'a.' * 100_000}!", f"{'a.' * 100_000}!"),
    ],
    ids=["link", "token", "dots", "cookie", "name", "long", "dotted"],
)
def test_what_is_signed_is_left_out(text: str, written: str) -> None:
    record = logging.LogRecord("webapp", logging.INFO, "", 1, "%s", (text,), None)
    assert json.loads(log_format.JsonFormatter(in_full=True).format(record))["message"] == written


class Secrets:
    """Whatever the app hands out or is given that opens something."""

    def __init__(self, app: Flask) -> None:
        self.seen = {PASSWORD, NEW, NEWEST, WRONG, *SECRETS.values()}
        app.after_request(self.look)

    def look(self, response: Response) -> Response:
        for line in response.headers.getlist("Set-Cookie"):
            self.seen.add(line.partition("=")[2].partition(";")[0])
        text = "" if response.direct_passthrough else response.get_data(as_text=True)
        self.seen |= set(re.findall(r'"(?:access|refresh)_token": ?"([^"]+)"', text))
        self.seen |= set(re.findall(r'name="csrf_token"[^>]*value="([^"]+)"', text))
        return response

    def in_text(self, text: str) -> list[str]:
        return [secret for secret in self.seen if len(secret) > 14 and secret in text]


@pytest.mark.parametrize("in_full", [False, True], ids=["production", "development"])
def test_nothing_that_opens_an_account_is_ever_written(
    app: Flask, clock: Clock, lines: Lines, in_full: bool
) -> None:
    log_format.install(app, as_json=not in_full, in_full=in_full)
    secrets = Secrets(app)

    def fail(token: str) -> str:
        held = request.cookies["refresh_token"]
        raise RuntimeError(f"{token} {held} {request.headers['Cookie']}", {"held": held})

    app.add_url_rule("/fail/<token>", "fail", public(fail))
    story = Story(app, clock)
    tell(story)
    Browser(app).get(f"/fail/{story.ada.refresh_token}")
    story.ada.get(f"/fail/{story.ada.refresh_token}")
    secrets.seen |= set(mailed_tokens(app))
    written = "\n".join(lines())
    for kind in ("sign_in_failed", "password_reset", "account_deleted", "Exception on GET /fail"):
        assert kind in written
    assert len(secrets.in_text("".join(secrets.seen))) > 30
    assert secrets.in_text(written) == []


def tell(story: Story) -> None:
    """A day in which everything happens, and each thing goes wrong once as well."""
    ada, app, clock = story.ada, story.app, story.clock
    story.log_in(WRONG)
    story.log_in()
    thief = Browser(app, FIREFOX)
    thief.keep({"refresh_token": ada.refresh_token})
    clock.advance(301)
    ada.get("/dashboard")
    thief.get("/dashboard")
    ada.get("/dashboard")
    program = Program(app)
    tokens = program.log_in()
    program.refresh(tokens["refresh_token"])
    program.refresh(tokens["refresh_token"][:-3])
    program.form("/oauth/token", grant_type="refresh_token", refresh_token=tokens["refresh_token"])
    program.call("GET", f"/nothing/{tokens['access_token']}")
    story.forget()
    link = mailed_path(app, EMAIL)
    ada.post(link, password="short")
    ada.post(link, password=NEW)
    ada.get(link)
    ada.post("/login", email=EMAIL, password=NEW)
    ada.post("/account/password", current_password=WRONG, new_password=PASSWORD)
    ada.post("/account/password", current_password=NEW, new_password=NEWEST)
    ada.sign_out()
    story.confirm()
    story.register(EMAIL)
    other = Browser(app)
    other.sign_in(password=NEWEST)
    story.administer("disable", "enable", "role")
    story.admin.sign_out()
    story.log_in(NEWEST)
    held = ada.refresh_token, ada.access_token
    story.administer("delete")
    ada.get("/dashboard")
    ada.keep({"refresh_token": held[0], "access_token": held[1]})
