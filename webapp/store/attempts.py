"""Attempts are counted in Redis, for all workers and hosts; or in this process alone."""

import math
import threading
import time
from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Callable
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

import redis

from webapp.core.attempts import Limit

from .sessions import answering

if TYPE_CHECKING:
    from limits import RateLimitItem
    from limits.storage import RedisStorage
    from limits.strategies import MovingWindowRateLimiter

PREFIX = "attempts"
# In a process's memory. Fewer: a flood from more addresses than that makes it forget counts.
MAX_LOCAL_BUCKETS = 50_000


class RedisCounters:
    """Serves `core.attempts.Counters`: one list of times a bucket, changed by limits' scripts."""

    def __init__(self, client: redis.Redis) -> None:
        self._redis = client

    # Loaded with the first attempt, and not with the app.
    @cached_property
    def _storage(self) -> "RedisStorage":
        from limits.storage import RedisStorage

        # The address is not used: the way to Redis is our client, with its timeouts.
        storage = RedisStorage("redis://", key_prefix=PREFIX)
        storage.storage = self._redis
        storage.initialize_storage("")
        return storage

    @cached_property
    def _limiter(self) -> "MovingWindowRateLimiter":
        from limits.strategies import MovingWindowRateLimiter

        return MovingWindowRateLimiter(self._storage)

    def take(self, limit: Limit, key: str) -> int:
        item = _item(limit)
        with answering():
            if self._limiter.hit(item, key):
                return 0
            stats = self._limiter.get_window_stats(item, key)
        if stats.remaining:  # given back, or lapsed, in between
            return 1
        return _whole_seconds(stats.reset_time - time.time(), limit)

    def give_back(self, limit: Limit, key: str) -> None:
        with answering():
            self._redis.lpop(self._bucket(limit, key))

    def clear(self, limit: Limit, key: str) -> None:
        with answering():
            self._redis.delete(self._bucket(limit, key))

    def _bucket(self, limit: Limit, key: str) -> str:
        return self._storage.prefixed_key(_item(limit).key_for(key))


class MemoryCounters:
    """Serves `core.attempts.Counters` for this process. Safe to share among threads.

    Not limits' own: that one starts a thread for most hits and never forgets a key.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._lock = threading.Lock()
        # The times of each bucket, oldest first; the bucket that was last taken from is last.
        self._buckets: OrderedDict[tuple[Limit, str], list[float]] = OrderedDict()

    def take(self, limit: Limit, key: str) -> int:
        with self._lock:
            now = self._now()
            times = self._buckets.setdefault((limit, key), [])
            del times[: bisect_left(times, now - limit.seconds)]
            if len(times) >= limit.amount:
                return _whole_seconds(times[0] + limit.seconds - now, limit)
            times.append(now)
            self._buckets.move_to_end((limit, key))
            self._forget(now)
            return 0

    def give_back(self, limit: Limit, key: str) -> None:
        with self._lock:
            if times := self._buckets.get((limit, key)):
                times.pop()

    def clear(self, limit: Limit, key: str) -> None:
        with self._lock:
            self._buckets.pop((limit, key), None)

    def __len__(self) -> int:
        """Buckets that are kept."""
        return len(self._buckets)

    def _forget(self, now: float) -> None:
        """Memory is bounded by the requests of a minute, and in any case."""
        while True:
            (limit, key), times = next(iter(self._buckets.items()))
            lapsed = not times or times[-1] < now - limit.seconds
            if not lapsed and len(self._buckets) <= MAX_LOCAL_BUCKETS:
                return
            del self._buckets[limit, key]


@lru_cache
def _item(limit: Limit) -> "RateLimitItem":
    from limits import RateLimitItemPerSecond

    return RateLimitItemPerSecond(limit.amount, limit.seconds, limit.name)


def _whole_seconds(wait: float, limit: Limit) -> int:
    return min(max(1, math.ceil(wait)), limit.seconds)
