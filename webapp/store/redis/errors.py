"""Errors of Redis as errors of the core."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import redis

from webapp.core.errors import Unavailable

log = logging.getLogger(__name__)


@contextmanager
def translate_redis_errors() -> Iterator[None]:
    """Translate every redis.RedisError into Unavailable, and log its cause."""
    try:
        yield
    except redis.RedisError as error:
        log.warning("Redis can't answer: %s", error)
        raise Unavailable from error
