"""A lock that expires: one worker of all hosts runs a job in a period."""

import redis

from .errors import translate_redis_errors

LOCK_KEY = "tidying"


class RedisLock:
    """The lock of the retention job: a key with a time to live, never released."""

    def __init__(self, client: redis.Redis) -> None:
        self._redis = client

    def acquire(self, seconds: int) -> bool:
        """Take the lock for that time; False if another worker holds it. Raises Unavailable."""
        with translate_redis_errors():
            return bool(self._redis.set(LOCK_KEY, "", nx=True, ex=seconds))
