"""When Redis hangs, not everybody waits in vain.

The app has few places, and whoever waits for Redis holds one: while it hangs, also those would
wait who need nothing of it. So after one has waited in vain, others are told so at once for a
moment; then one tries again.
"""

import time

import redis

# Seconds: long enough for a queue of requests to be told.
OPEN_SECONDS = 0.3


class CircuitBreaker:
    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._until = 0.0

    def check(self) -> None:
        """Raises redis.TimeoutError."""
        if time.monotonic() < self._until:
            raise redis.TimeoutError("it has just not answered somebody else")

    def trip(self) -> None:
        self._until = time.monotonic() + self._seconds
