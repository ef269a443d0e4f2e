"""One limit for all that a command needs of the network, however many servers have to be asked.

To find the server of a key, the library asks one sentinel or node after the other, and each may
take its whole timeout: six that hang would be six times as long.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from redis.connection import Connection, SSLConnection
from redis.sentinel import SentinelManagedConnection

# Seconds; together less than one. A page that can't be served is a 503 now, not in ten seconds.
CONNECT_TIMEOUT = 0.3
ANSWER_TIMEOUT = 0.5
LIMIT = 0.85
# What is left when none is: enough to see an answer that is there already.
MIN_TIMEOUT = 0.001


class _Limit(threading.local):
    ends: float | None = None


_limit = _Limit()


@contextmanager
def deadline() -> Iterator[None]:
    """What this thread does on timely connections takes LIMIT seconds at most, or fails."""
    outer = _limit.ends
    _limit.ends = outer or time.monotonic() + LIMIT
    try:
        yield
    finally:
        _limit.ends = outer


def remaining(most: float) -> float:
    if _limit.ends is None:
        return most
    return max(MIN_TIMEOUT, min(most, _limit.ends - time.monotonic()))


class _WithDeadline(Connection):
    def _connect(self) -> Any:
        self.socket_connect_timeout = remaining(min(CONNECT_TIMEOUT, self._most()))
        return super()._connect()  # type: ignore[no-untyped-call]

    def _most(self) -> float:
        return float(self.socket_timeout or ANSWER_TIMEOUT)

    def read_response(self, disable_decoding: bool = False, **options: Any) -> Any:
        options["timeout"] = remaining(self._most())
        # Not the default of sentinels' connections: another command would get this one's answer.
        options["disconnect_on_error"] = True
        return super().read_response(disable_decoding, **options)


class DeadlineConnection(_WithDeadline):
    """Over TCP."""


class DeadlineSSLConnection(_WithDeadline, SSLConnection):
    """Over TLS."""


class DeadlineMasterConnection(_WithDeadline, SentinelManagedConnection):
    """Asks the sentinels for the master each time that it connects."""


class DeadlineMasterSSLConnection(_WithDeadline, SentinelManagedConnection, SSLConnection):
    """The same over TLS."""
