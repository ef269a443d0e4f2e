"""PostgreSQL goes, hangs and comes back: an honest 503 at once, and none when it is back."""

import time
from collections.abc import Iterator
from select import select

import pytest
from flask import Flask
from sqlalchemy.engine.interfaces import DBAPIConnection

from tests.conftest import environ, services_of
from tests.support.browser import EMAIL, PASSWORD, Browser, set_cookies
from tests.support.clock import Clock
from tests.support.postgres import PostgresServer
from tests.support.servers import BUSY_SECOND, wait_until
from tests.support.sql import connected
from webapp import create_app
from webapp.store.sql import postgres as sql_postgres
from webapp.store.sql.models import db
from webapp.store.sql.sessions import SqlSessions

pytestmark = pytest.mark.impatient

SIGN_IN_COOKIES = {"refresh_token", "access_token"}


@pytest.fixture(scope="session")
def template(postgres: PostgresServer, tmp_path_factory, redis_server) -> str:
    """A database with Ada in it."""
    environment = environ(tmp_path_factory.mktemp("template"), redis_server.url)
    app = create_app(environment | {"DATABASE_URL": postgres.create("for_outages")})
    with app.app_context():
        services_of(app).accounts.register(EMAIL, PASSWORD, name="Ada", now=0)
        db.engine.dispose()
    return "for_outages"


@pytest.fixture
def environment(
    environment: dict[str, str], postgres: PostgresServer, template: str
) -> Iterator[dict[str, str]]:
    """On PostgreSQL, whatever the others run on."""
    with postgres.fresh(template) as url:
        yield environment | {"DATABASE_URL": url}


@pytest.fixture
def expired(browser: Browser, clock: Clock) -> Browser:
    """Signed in, and due for a refresh."""
    browser.sign_in()
    clock.advance(301)
    return browser


@pytest.mark.parametrize("outage", [PostgresServer.stopped, PostgresServer.hanging])
def test_a_refresh_waits_within_a_second_and_goes_on_when_it_is_back(
    expired: Browser, postgres: PostgresServer, outage
) -> None:
    with outage(postgres):
        for _ in range(2):
            started = time.monotonic()
            answer = expired.get("/dashboard")
            took = time.monotonic() - started
            assert answer.status_code == 503
            assert took < BUSY_SECOND
            assert not set_cookies(answer).keys() & SIGN_IN_COOKIES
    wait_until(expired.is_in)  # on a busy machine the server takes a moment to be quick again


@pytest.fixture
def pooled(
    expired: Browser, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> list[DBAPIConnection | None]:
    """Connections that lie in the pool; new ones may take a while on a busy machine."""
    monkeypatch.setattr(sql_postgres, "CONNECT_TIMEOUT", BUSY_SECOND)
    assert services_of(app).background.finish(5)  # its jobs would be the first to notice
    with app.app_context():
        connections = [db.engine.raw_connection() for _ in range(3)]
    lines = [connection.driver_connection for connection in connections]
    for connection in connections:
        connection.close()
    return lines


def wait_for_farewells(lines: list[DBAPIConnection | None]) -> None:
    """They may still be on their way when the server has forgotten them."""
    wait_until(lambda: all(select([line], [], [], 0)[0] for line in lines))


def test_the_first_request_after_a_restart_does_not_fail(
    expired: Browser, pooled: list[DBAPIConnection | None], postgres: PostgresServer
) -> None:
    with postgres.stopped():
        wait_for_farewells(pooled)
    assert expired.get("/dashboard").status_code == 200


def test_connections_that_were_hung_up_are_not_handed_out(
    expired: Browser, pooled: list[DBAPIConnection | None], postgres: PostgresServer
) -> None:
    postgres.hang_up()
    wait_for_farewells(pooled)
    for _ in range(4):
        assert expired.get("/account").status_code == 200


def test_a_statement_has_its_time_on_the_server_too(app: Flask) -> None:
    """Ours is a bit longer. Without its own the server would go on after the client has left."""
    asked = {
        "statement_timeout": "400ms",
        "lock_timeout": "400ms",
        "idle_in_transaction_session_timeout": "10s",
    }
    with app.app_context(), db.engine.connect() as sql:
        for name, value in asked.items():
            assert sql.exec_driver_sql(f"SHOW {name}").scalar() == value


def test_options_in_the_address_are_kept(environment: dict[str, str]) -> None:
    address = environment["DATABASE_URL"] + "?options=-c%20TimeZone%3DAsia/Tokyo"
    app = create_app(environment | {"DATABASE_URL": address})
    with app.app_context(), db.engine.connect() as sql:
        assert sql.exec_driver_sql("SHOW TimeZone").scalar() == "Asia/Tokyo"
        assert sql.exec_driver_sql("SHOW lock_timeout").scalar() == "400ms"


def test_the_question_of_each_refresh_is_one_round_trip(
    app: Flask, environment: dict[str, str]
) -> None:
    """In a transaction it would be three: a begin, the question, a rollback."""
    last = "SELECT query FROM pg_stat_activity WHERE application_name = 'asking'"
    address = environment["DATABASE_URL"] + "?application_name=asking"
    app = create_app(environment | {"DATABASE_URL": address})
    with app.app_context():
        db.engine.dispose()
        SqlSessions().find("somebody", "a session")
    with connected(environment) as sql:
        (asked,) = sql.exec_driver_sql(last).scalars()
    assert asked.startswith("SELECT users.id")
