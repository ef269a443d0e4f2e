"""Circuit breaker: after a timeout of Redis, commands fail fast for OPEN_SECONDS.

A request that waits for Redis holds one of few threads. While Redis hangs, requests that do not
need it would have to wait for a thread as well.
"""

import time

import redis

# Seconds: long enough to refuse a queue of requests.
OPEN_SECONDS = 0.3


class CircuitBreaker:
    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._until = 0.0

    def check(self) -> None:
        """Raise redis.TimeoutError while the circuit is open."""
        if time.monotonic() < self._until:
            raise redis.TimeoutError("it did not answer another request just now")

    def trip(self) -> None:
        """Open the circuit, after a timeout."""
        """Open the circuit, after a timeout."""
        self._until = time.monotonic() + self._seconds
