"""Scenarios on a real Redis."""

import time
from collections.abc import Callable
from functools import partial

import pytest

from tests.support.servers import RedisServer
from webapp.lab.diagram.steps import Run
from webapp.lab.sandbox import run as policies
from webapp.store.redis.generations import RedisGenerations

PREFIX = "lab:session:"

Play = Callable[..., Run]


@pytest.fixture
def entries(redis_server: RedisServer) -> RedisGenerations:
    return RedisGenerations(redis_server.client(), prefix=PREFIX)


@pytest.fixture
def play(entries: RedisGenerations) -> Play:
    return partial(policies.run, entries=entries, now=time.time())


@pytest.fixture
def in_redis(redis_server: RedisServer) -> Callable[[Run], str]:
    """What a client finds there of a run's session."""
    return lambda run: redis_server.client().get(PREFIX + run.row["sid"]) or ""
