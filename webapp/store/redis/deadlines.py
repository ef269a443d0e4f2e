"""Deadlines: one time limit for a command, also if it contacts several servers.

To find the server of a key, redis-py asks one sentinel or node after the other, each with the full
timeout: six that hang would take six times as long.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from redis.connection import Connection, SSLConnection
from redis.sentinel import SentinelManagedConnection

# Seconds; together less than one, so that an outage gives a 503 at once, not in ten seconds.
CONNECT_TIMEOUT = 0.3
ANSWER_TIMEOUT = 0.5
LIMIT = 0.85
# The timeout after the deadline: enough to read a reply that has already arrived.
MIN_TIMEOUT = 0.001


class _Limit(threading.local):
    ends: float | None = None


_limit = _Limit()


@contextmanager
def deadline() -> Iterator[None]:
    """In this thread, commands on `DeadlineConnection`s take at most LIMIT seconds in all."""
    outer = _limit.ends
    _limit.ends = outer or time.monotonic() + LIMIT
    try:
        yield
    finally:
        _limit.ends = outer


def remaining(timeout: float) -> float:
    """The seconds until the deadline, at most `timeout`; without a deadline, `timeout`."""
    if _limit.ends is None:
        return timeout
    return max(MIN_TIMEOUT, min(timeout, _limit.ends - time.monotonic()))


class _WithDeadline(Connection):
    def _connect(self) -> Any:
        self.socket_connect_timeout = remaining(min(CONNECT_TIMEOUT, self._timeout()))
        return super()._connect()  # type: ignore[no-untyped-call]

    def _timeout(self) -> float:
        return float(self.socket_timeout or ANSWER_TIMEOUT)

    def read_response(self, disable_decoding: bool = False, **options: Any) -> Any:
        options["timeout"] = remaining(self._timeout())
        # Not the default of sentinels' connections: another command would get this one's reply.
        options["disconnect_on_error"] = True
        return super().read_response(disable_decoding, **options)


class DeadlineConnection(_WithDeadline):
    """Over TCP."""


class DeadlineSSLConnection(_WithDeadline, SSLConnection):
    """Over TLS."""


class DeadlineMasterConnection(_WithDeadline, SentinelManagedConnection):
    """Asks the sentinels for the master each time it connects."""


class DeadlineMasterSSLConnection(_WithDeadline, SentinelManagedConnection, SSLConnection):
    """The same over TLS."""
