"""Challenges of passkeys that were used."""

import redis

from .errors import translate_redis_errors


class RedisUsedChallenges:
    """Serves `core.challenges.UsedChallenges`."""

    def __init__(self, client: redis.Redis) -> None:
        self._redis = client

    def use(self, challenge: bytes, ttl: int) -> bool:
        with translate_redis_errors():
            return bool(self._redis.set(f"challenge:{challenge.hex()}", "", nx=True, ex=ttl))
