"""A lock that expires: one worker of all hosts runs a job in a period."""

import redis

from .errors import answering

TURN = "tidying"


class RedisTurns:
    """The lock of the retention job: a key with a time to live, never released."""

    def __init__(self, client: redis.Redis) -> None:
        self._redis = client

    def take(self, seconds: int) -> bool:
        """Take the lock for that time; False if another worker holds it. Raises Unavailable."""
        with answering():
            return bool(self._redis.set(TURN, "", nx=True, ex=seconds))
