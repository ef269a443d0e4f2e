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
ASK = "return redis.call('TIME')"
# Seconds between two questions, asked beside a request that does not wait for the answer.
ASK_EVERY = 5
# Seconds between two questions before the first answer. It is waited for, as long as the client
# waits for Redis: what is signed by a wrong clock is wrong for good.
ASK_AGAIN = 0.5
# Seconds. An answer that took longer says too little about what time it is.
PRECISE = 0.1
# Seconds. Beyond it somebody should look after this host's clock.
WORTH_SAYING = 5


class RedisClock:
    """Unix seconds. Until Redis has been reached, by this host's clock; then, while it can't
    be, by this host's clock and how wrong that was.
    """

    def __init__(self, client: redis.Redis) -> None:
        self._time = client.register_script(ASK)
        self._lock = threading.Lock()
        self._due = 0.0
        self._known = False
        self._ahead = 0.0

    def __call__(self) -> float:
        if time.monotonic() >= self._due:
            self._ask()
        return time.time() + self._ahead

    def _ask(self) -> None:
        with self._lock:
            if time.monotonic() < self._due:
                return
            if self._known:
                threading.Thread(target=self._compare, daemon=True, name="clock").start()
            else:
                self._compare()
            self._due = time.monotonic() + (ASK_EVERY if self._known else ASK_AGAIN)

    def _compare(self) -> None:
        asked_at = time.monotonic()
        try:
            answer: Any = self._time(keys=[KEY], args=[])
        except redis.RedisError as error:
            log.warning("Redis can't say what time it is: %s", error)
            return
        took = time.monotonic() - asked_at
        if took > PRECISE and self._known:
            return
        ahead = int(answer[0]) + int(answer[1]) / 1e6 + took / 2 - time.time()
        if abs(ahead - self._ahead) > WORTH_SAYING:
            log.warning("Redis' clock is %+.0f s ahead of this host's, and decides", ahead)
        self._ahead, self._known = ahead, True
