"""Hosts whose clocks differ agree on the time of their Redis."""

import threading
import time
from pathlib import Path

import pytest
import redis

from tests.support.servers import RedisServer, free_port, wait_until
from webapp.core.errors import Unavailable
from webapp.core.ports import Outcome
from webapp.store.redis import clock
from webapp.store.redis.client import create_client
from webapp.store.redis.clock import RedisClock
from webapp.store.redis.generations import RedisGenerations

pytestmark = pytest.mark.impatient

NOWHERE = Path("/nowhere")
REAL = time.time
# Seconds, for a machine that is busy.
ABOUT = 2


@pytest.fixture
def five_minutes_wrong(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    monkeypatch.setattr(time, "time", lambda: REAL() + request.param)


@pytest.mark.usefixtures("five_minutes_wrong")
@pytest.mark.parametrize("five_minutes_wrong", [-300, 0, 300], indirect=True)
def test_from_the_first_question_on_it_is_redis_time(redis_server: RedisServer) -> None:
    assert abs(RedisClock(create_client(redis_server.url, NOWHERE))() - REAL()) < ABOUT


def test_without_redis_it_is_the_hosts_own_time_without_a_wait() -> None:
    now = RedisClock(create_client(f"redis://127.0.0.1:{free_port()}", NOWHERE))
    assert abs(now() - REAL()) < ABOUT


def test_before_redis_has_said_what_time_it_is_nothing_is_judged_by_it(
    redis_server: RedisServer,
) -> None:
    """A host that is five minutes ahead would take the next race of two tabs for theft."""
    now = RedisClock(create_client(f"redis://127.0.0.1:{free_port()}", NOWHERE))
    entries = RedisGenerations(redis_server.client(), check_clock=now.check_synchronised)
    with pytest.raises(Unavailable):
        entries.start("s", now=0, browser="!ab", ttl=9)
    with pytest.raises(Unavailable):
        entries.redeem("s", 0, now=0, grace=30, browser="!ab", ttl=9)
    assert entries.confirm("s", 0).outcome is Outcome.MISSING


def test_redis_is_asked_again_until_it_has_said_what_time_it_is(tmp_path: Path) -> None:
    server = RedisServer(tmp_path)
    now = RedisClock(create_client(server.url, NOWHERE))
    now()
    server.start()
    now._due = 0
    now()
    wait_until(lambda: now._offset is not None)
    now.check_synchronised(now())
    server.stop()


def test_what_was_read_from_a_wrong_clock_before_is_not_judged_by_either(
    redis_server: RedisServer,
) -> None:
    now = RedisClock(create_client(redis_server.url, NOWHERE))
    now.check_synchronised(now())
    with pytest.raises(redis.ConnectionError):
        now.check_synchronised(REAL() + 300)


@pytest.mark.usefixtures("five_minutes_wrong")
@pytest.mark.parametrize("five_minutes_wrong", [300], indirect=True)
def test_when_redis_is_lost_what_it_said_still_counts(tmp_path: Path) -> None:
    server = RedisServer(tmp_path).start()
    now = RedisClock(create_client(server.url, NOWHERE))
    now()
    server.stop()
    now._due = 0
    assert abs(now() - REAL()) < ABOUT
    wait_until(lambda: "clock" not in [thread.name for thread in threading.enumerate()])
    assert abs(now() - REAL()) < ABOUT


@pytest.mark.parametrize("step", [-300, 300])
def test_a_host_whose_clock_is_set_anew_signs_nothing_wrong_for_a_moment(
    redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    now = RedisClock(create_client(redis_server.url, NOWHERE))
    now()
    monkeypatch.setattr(time, "time", lambda: REAL() + step)
    assert abs(now() - REAL()) < ABOUT


def test_a_redis_whose_clock_is_another_is_followed(
    redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = RedisClock(create_client(redis_server.url, NOWHERE))
    now()
    now._offset = 300.0
    monkeypatch.setattr(clock, "MAX_ROUND_TRIP", 5)  # a busy machine may take longer than usual
    now._due = 0
    now()
    wait_until(lambda: abs(now() - REAL()) < ABOUT)


def test_only_the_first_question_is_waited_for(
    redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = RedisClock(create_client(redis_server.url, NOWHERE))
    now()
    answered, compared = threading.Event(), threading.Event()

    def compare() -> None:
        assert answered.wait(30)
        compared.set()

    monkeypatch.setattr(now, "_sync", compare)
    now._due = 0
    now()
    assert not compared.is_set()
    answered.set()
    assert compared.wait(30)
