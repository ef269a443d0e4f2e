"""The time that decides: Redis' own, so that hosts whose clocks differ agree on it.

Otherwise a host that is five minutes ahead signs tokens which the others can't believe yet, and
one that is half a minute ahead takes a race between two tabs for theft.
"""

import logging
import threading
import time
from typing import Any

import redis

log = logging.getLogger(__name__)

# A script with a key, because each node of a cluster has a clock of its own.
KEY = "doubts"
TIME_SCRIPT = "return redis.call('TIME')"
# Seconds between two questions. Only the very first is waited for; the others are asked beside the
# requests, so that nobody waits for a Redis that hangs.
SYNC_INTERVAL = 5
# Seconds between two questions before the first answer.
RETRY_INTERVAL = 0.5
# Seconds. An answer that took longer says too little about what time it is.
MAX_ROUND_TRIP = 0.1
# Seconds. Beyond it nothing is decided by a host's clock, and somebody should look after it.
MAX_SKEW = 5
# A clock that nobody can set; that of Linux goes on while a machine sleeps.
STEADY_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


class RedisClock:
    """Unix seconds. Until Redis has been reached, by this host's clock; then by what Redis said
    and the time since, whatever is done to this host's clock meanwhile.
    """

    def __init__(self, client: redis.Redis) -> None:
        self._time = client.register_script(TIME_SCRIPT)
        self._lock = threading.Lock()
        self._due = 0.0
        self._was_asked = False
        # What has to be added to the steady clock, once it is known.
        self._offset: float | None = None

    def __call__(self) -> float:
        if time.monotonic() >= self._due:
            self._sync_if_due()
        offset = self._offset
        return time.time() if offset is None else time.clock_gettime(STEADY_CLOCK) + offset

    def check_synchronised(self, now: float) -> None:
        """Before something is decided for good: by a wrong clock a race of two tabs is theft.

        `now` may have been read before Redis said what time it is. Raises redis.ConnectionError.
        """
        offset = self._offset
        if offset is None or abs(time.clock_gettime(STEADY_CLOCK) + offset - now) > MAX_SKEW:
            raise redis.ConnectionError("it had not said yet what time it is")

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
        asked_at = time.monotonic()
        try:
            answer: Any = self._time(keys=[KEY], args=[])
        except redis.RedisError as error:
            log.warning("Redis can't say what time it is: %s", error)
            return
        took = time.monotonic() - asked_at
        if took > MAX_ROUND_TRIP and self._offset is not None:
            return
        now = int(answer[0]) + int(answer[1]) / 1e6 + took / 2
        if abs(now - time.time()) > MAX_SKEW:
            log.warning("this host's clock is %+.0f s off Redis', which decides", time.time() - now)
        self._offset = now - time.clock_gettime(STEADY_CLOCK)
