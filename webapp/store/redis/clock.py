"""The clock of Redis, which all hosts use, so that their own clocks may differ.

Otherwise the tokens of a host that is five minutes ahead would not be valid yet on the others, and
a host that is half a minute ahead would take parallel refreshes of two tabs for theft.
"""

import logging
import threading
import time
from typing import Any

import redis

log = logging.getLogger(__name__)

# A script with a key, so that a cluster always uses the clock of the same node.
KEY = "doubts"
TIME_SCRIPT = "return redis.call('TIME')"
# Seconds between two reads of the time. Only the first one blocks a request; the others run in a
# thread, so that no request waits for a Redis that hangs.
SYNC_INTERVAL = 5
# Seconds between two attempts before the first reply.
RETRY_INTERVAL = 0.5
# Seconds. A reply that took longer is not precise enough.
MAX_ROUND_TRIP = 0.1
# Seconds. Beyond it a host's clock decides nothing, and a warning is logged.
MAX_SKEW = 5
# A clock that can't be set. That of Linux also counts while the machine sleeps.
STEADY_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


class RedisClock:
    """Callable that returns Unix seconds: the last time of Redis plus the time elapsed since.

    Until Redis was reached, it returns this host's time.
    """

    def __init__(self, client: redis.Redis) -> None:
        self._time = client.register_script(TIME_SCRIPT)
        self._lock = threading.Lock()
        self._due = 0.0
        self._was_asked = False
        # Redis time minus steady clock; None until Redis was reached.
        self._offset: float | None = None

    def __call__(self) -> float:
        if time.monotonic() >= self._due:
            self._sync_if_due()
        offset = self._offset
        return time.time() if offset is None else time.clock_gettime(STEADY_CLOCK) + offset

    def check_synchronised(self, now: float) -> None:
        """Check `now` before a redeem: with a wrong time, a race of two tabs looks like theft.

        `now` may be from before the first reply of Redis. Raises redis.ConnectionError.
        """
        offset = self._offset
        if offset is None or abs(time.clock_gettime(STEADY_CLOCK) + offset - now) > MAX_SKEW:
            raise redis.ConnectionError("its time is not known yet")

    def _sync_if_due(self) -> None:
        with self._lock:
            if time.monotonic() < self._due:
                return
            if self._was_asked:
                threading.Thread(target=self._sync, daemon=True, name="clock").start()
            else:
                self._sync()
            self._was_asked = True
            known = self._offset is not None
            self._due = time.monotonic() + (SYNC_INTERVAL if known else RETRY_INTERVAL)

    def _sync(self) -> None:
        started = time.monotonic()
        try:
            answer: Any = self._time(keys=[KEY], args=[])
        except redis.RedisError as error:
            log.warning("the time of Redis can't be read: %s", error)
            return
        took = time.monotonic() - started
        if took > MAX_ROUND_TRIP and self._offset is not None:
            return
        now = int(answer[0]) + int(answer[1]) / 1e6 + took / 2
        if abs(now - time.time()) > MAX_SKEW:
            log.warning(
                "this host's clock differs by %+.0f s from Redis', which is used", time.time() - now
            )
        self._offset = now - time.clock_gettime(STEADY_CLOCK)
