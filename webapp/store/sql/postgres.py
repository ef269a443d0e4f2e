"""The way to PostgreSQL: limits for an app that must answer now, or say that it can't."""

import select
import time
from collections.abc import Generator, Mapping
from typing import Any, TypeVar

import psycopg
from sqlalchemy import Engine, event
from sqlalchemy.engine import URL

from webapp.core.urls import Unreadable

# Seconds. An honest 503 comes within a second, also when a request meets two of them.
CONNECT_TIMEOUT = 0.3
STATEMENT_TIMEOUT = 0.4
# A bit longer: whoever can still speak says itself what was too slow.
ANSWER_TIMEOUT = 0.5
# How often somebody who waits looks at the clock.
POLL_INTERVAL = 0.05
# A worker that has stopped in the middle lets go of its rows; one that waits for a place among
# the password hashes keeps its connection.
IDLE_IN_TRANSACTION = 10

RV = TypeVar("RV")


class ServerTimeout(psycopg.OperationalError):
    """The server does not say anything: it hangs, or there is no way to it any more."""


class Connection(psycopg.Connection[Any]):
    """One that waits no longer than we may. psycopg itself waits two seconds for a connection at
    least, and for an answer as long as the network believes that there is a server.
    """

    @classmethod
    def _connect_gen(cls, conninfo: str = "") -> Generator[Any, Any, Any]:
        return with_deadline(super()._connect_gen(conninfo), CONNECT_TIMEOUT)

    def wait(
        self,
        gen: Generator[Any, Any, RV],
        interval: float = POLL_INTERVAL,
        timeout: float | None = None,
    ) -> RV:
        try:
            return super().wait(with_deadline(gen, ANSWER_TIMEOUT), POLL_INTERVAL, timeout)
        except ServerTimeout:
            self.close()  # a late answer must not be taken for that to the next question
            raise


def with_deadline(steps: Generator[Any, Any, RV], seconds: float) -> Generator[Any, Any, RV]:
    """What psycopg wants to wait for, step by step; it comes back empty-handed every `POLL_INTERVAL`."""
    deadline = time.monotonic() + seconds
    ready = None
    while True:
        try:
            wanted = steps.send(ready)
        except StopIteration as done:
            found: RV = done.value
            return found
        ready = yield wanted
        if not ready and time.monotonic() > deadline:
            raise ServerTimeout("the server does not answer")


def connect_args(url: URL) -> dict[str, Any]:
    limits = {
        "statement_timeout": int(STATEMENT_TIMEOUT * 1000),
        "lock_timeout": int(STATEMENT_TIMEOUT * 1000),
        "idle_in_transaction_session_timeout": IDLE_IN_TRANSACTION * 1000,
    }
    given = str(url.query.get("options", ""))  # our own would take their place
    options = [f"-c {name}={value}" for name, value in limits.items()]
    # A server that is gone without a word is noticed before somebody needs it.
    alive = {"keepalives_idle": 10, "keepalives_interval": 3, "keepalives_count": 3}
    return alive | {"tcp_user_timeout": 10_000, "options": " ".join([given, *options]).strip()}


def check_options(arguments: Mapping[str, Any]) -> None:
    """Raises Unreadable: libpq knows no such option. (`context` is psycopg's own.)"""
    try:
        known = {name: value for name, value in arguments.items() if name != "context"}
        psycopg.conninfo.make_conninfo("", **known)
    except psycopg.Error:
        raise Unreadable("there is an unknown option; libpq's may follow a ?") from None


def prepare(engine: Engine) -> None:
    event.listen(engine, "do_connect", _connect)
    # Before a connection of the pool is used. One that fails makes the pool connect anew.
    engine.dialect.do_ping = _is_alive  # type: ignore[assignment,method-assign]


def _connect(_dialect: object, _record: object, arguments: Any, options: Any) -> Connection:
    return Connection.connect(*arguments, **options)


def _is_alive(connection: Any) -> bool:
    """Whether nobody has hung up. It costs no round trip: an idle connection has nothing to say
    but its farewell, when the server was restarted or has ended it.
    """
    if connection.closed:
        return False
    heard = select.poll()
    heard.register(connection.fileno(), select.POLLIN)
    return not heard.poll(0)
