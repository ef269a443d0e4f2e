"""Rate limits in Redis: one count for all workers and hosts."""

import time
from functools import lru_cache

import redis
from limits import RateLimitItem, RateLimitItemPerSecond
from limits.storage import RedisStorage
from limits.strategies import MovingWindowRateLimiter

from webapp.core.rate_limits import Limit
from webapp.store.memory_rate_limits import whole_seconds

from .errors import translate_redis_errors

PREFIX = "attempts"


class RedisRateLimits:
    """Serves `core.rate_limits.RateLimitStore`, by the library `limits`: a list a bucket."""

    def __init__(self, client: redis.Redis) -> None:
        self._redis = client
        # The URL is not used: the storage gets our client, with its timeouts.
        self._storage = RedisStorage("redis://", key_prefix=PREFIX)
        self._storage.storage = client
        self._storage.initialize_storage("")
        self._limiter = MovingWindowRateLimiter(self._storage)

    def acquire(self, limit: Limit, key: str) -> int:
        item = _item(limit)
        with translate_redis_errors():
            if self._limiter.hit(item, key):
                return 0
            stats = self._limiter.get_window_stats(item, key)
        if stats.remaining:  # released or expired in between
            return 1
        return whole_seconds(stats.reset_time - time.time(), limit)

    def release(self, limit: Limit, key: str) -> None:
        with translate_redis_errors():
            self._redis.lpop(self._bucket(limit, key))

    def clear(self, limit: Limit, key: str) -> None:
        with translate_redis_errors():
            self._redis.delete(self._bucket(limit, key))

    def _bucket(self, limit: Limit, key: str) -> str:
        return self._storage.prefixed_key(_item(limit).key_for(key))


@lru_cache
def _item(limit: Limit) -> RateLimitItem:
    return RateLimitItemPerSecond(limit.amount, limit.seconds, limit.name)
