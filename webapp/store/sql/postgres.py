"""Connections to PostgreSQL with timeouts, so that an outage gives a 503 within a second."""

import select
import time
from collections.abc import Generator, Mapping
from typing import Any, TypeVar

import psycopg
from sqlalchemy import Engine, event
from sqlalchemy.engine import URL

from webapp.core.urls import Unreadable

# Seconds. A 503 comes within a second, even if a request meets two of these.
CONNECT_TIMEOUT = 0.3
STATEMENT_TIMEOUT = 0.4
# A bit longer, so that a server that still works reports the timeout itself.
ANSWER_TIMEOUT = 0.5
# Seconds between two looks at the clock while waiting.
POLL_INTERVAL = 0.05
# Seconds. The locks of a stopped worker are released; long enough for a transaction that waits for
# the hashing pool.
IDLE_IN_TRANSACTION = 10

RV = TypeVar("RV")


class ServerTimeout(psycopg.OperationalError):
    """The server does not answer: it hangs, or the network is down."""


class Connection(psycopg.Connection[Any]):
    """A connection with deadlines. psycopg itself waits at least two seconds for a connection,
    and for a reply as long as the TCP connection is open.
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
            self.close()  # a late reply must not be taken for that of the next query
            raise


def with_deadline(steps: Generator[Any, Any, RV], seconds: float) -> Generator[Any, Any, RV]:
    """Run psycopg's steps until the deadline; they return at least every POLL_INTERVAL."""
    deadline = time.monotonic() + seconds
    ready = None
    while True:
        try:
            event_mask = steps.send(ready)
        except StopIteration as done:
            result: RV = done.value
            return result
        ready = yield event_mask
        if not ready and time.monotonic() > deadline:
            raise ServerTimeout("the server does not answer")


def connect_args(url: URL) -> dict[str, Any]:
    """Arguments of a connection: server-side timeouts and TCP keepalives."""
    limits = {
        "statement_timeout": int(STATEMENT_TIMEOUT * 1000),
        "lock_timeout": int(STATEMENT_TIMEOUT * 1000),
        "idle_in_transaction_session_timeout": IDLE_IN_TRANSACTION * 1000,
    }
    from_url = str(url.query.get("options", ""))  # ours would replace these
    options = [f"-c {name}={value}" for name, value in limits.items()]
    # Detect a dead server before a request needs the connection.
    keepalive = {"keepalives_idle": 10, "keepalives_interval": 3, "keepalives_count": 3}
    return keepalive | {
        "tcp_user_timeout": 10_000,
        "options": " ".join([from_url, *options]).strip(),
    }


def check_options(arguments: Mapping[str, Any]) -> None:
    """Raise Unreadable for an option that libpq does not have. (`context` is psycopg's own.)"""
    try:
        known = {name: value for name, value in arguments.items() if name != "context"}
        psycopg.conninfo.make_conninfo("", **known)
    except psycopg.Error:
        raise Unreadable("there is an unknown option; libpq's may follow a ?") from None


def prepare(engine: Engine) -> None:
    """Make the engine use connections with deadlines, and check them before use."""
    event.listen(engine, "do_connect", _connect)
    # Called before a pooled connection is used. If it fails, the pool opens a new one.
    engine.dialect.do_ping = _is_alive  # type: ignore[assignment,method-assign]


def _connect(_dialect: object, _record: object, arguments: Any, options: Any) -> Connection:
    return Connection.connect(*arguments, **options)


def _is_alive(connection: Any) -> bool:
    """Whether the server has not closed the connection. Costs no round trip: data on an idle
    connection means that the server has ended it.
    """
    if connection.closed:
        return False
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    return not poll.poll(0)
