"""At most so many in any span, however many ask at once, in Redis and in memory alike."""

import itertools
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from limits.strategies import MovingWindowRateLimiter

from tests.support.servers import BUSY_SECOND, RedisServer, free_port
from webapp.core.errors import Unavailable
from webapp.core.rate_limits import Limit, RateLimitStore
from webapp.store import memory_rate_limits
from webapp.store.memory_rate_limits import MemoryRateLimits
from webapp.store.redis.client import create_client
from webapp.store.redis.rate_limits import RedisRateLimits

TEN = Limit("ten", 10, 900)
ONE = Limit("one", 1, 900)
NOWHERE = Path("/nowhere")

Later = Callable[[float], None]


@pytest.fixture
def in_redis(redis_server: RedisServer) -> RedisRateLimits:
    redis_server.client().flushall()
    return RedisRateLimits(create_client(redis_server.url, NOWHERE))


@pytest.fixture
def in_memory() -> MemoryRateLimits:
    return MemoryRateLimits(lambda: time.time())


@pytest.fixture(params=["in_redis", "in_memory"])
def counters(request: pytest.FixtureRequest) -> RateLimitStore:
    found: RateLimitStore = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Later:
    """The clock stands still, and is moved by hand."""
    began = float(int(time.time()))

    def move_to(seconds: float) -> None:
        monkeypatch.setattr(time, "time", lambda: began + seconds)

    move_to(0)
    return move_to


def use_up(counters: RateLimitStore, limit: Limit = TEN, key: str = "ada") -> None:
    assert [counters.acquire(limit, key) for _ in range(limit.amount)] == [0] * limit.amount


class TestTake:
    def test_one_more_than_there_are_gets_the_time_to_wait(self, counters: RateLimitStore) -> None:
        use_up(counters)
        assert 895 <= counters.acquire(TEN, "ada") <= 900

    def test_the_wait_is_until_the_oldest_lapses(
        self, counters: RateLimitStore, later: Later
    ) -> None:
        counters.acquire(TEN, "ada")
        later(600)
        assert [counters.acquire(TEN, "ada") for _ in range(10)] == [0] * 9 + [300]
        later(899.5)
        assert counters.acquire(TEN, "ada") == 1
        later(900.5)
        assert counters.acquire(TEN, "ada") == 0
        assert counters.acquire(TEN, "ada") == 600

    def test_no_span_has_more_than_the_amount_wherever_it_begins(
        self, counters: RateLimitStore, later: Later
    ) -> None:
        """Counters that start anew at a full quarter of an hour let twice the amount through."""
        taken = []
        for second in range(0, 3600, 7):
            later(second)
            if counters.acquire(TEN, "ada") == 0:
                taken.append(second)
        assert len(taken) == 40
        assert all(later - first >= 900 for first, later in zip(taken, taken[10:], strict=False))

    def test_who_is_refused_waits_no_longer_for_having_asked(
        self, counters: RateLimitStore, later: Later
    ) -> None:
        use_up(counters)
        for minute in range(14):
            later(60 * minute)
            assert counters.acquire(TEN, "ada")
        later(901)
        assert counters.acquire(TEN, "ada") == 0

    def test_limits_and_keys_are_counted_apart(self, counters: RateLimitStore) -> None:
        use_up(counters)
        use_up(counters, key="grace")
        use_up(counters, limit=ONE)

    def test_of_many_at_once_exactly_so_many_get_a_place(self, counters: RateLimitStore) -> None:
        with ThreadPoolExecutor(20) as threads:
            waits = list(threads.map(lambda _: counters.acquire(TEN, "ada"), range(500)))
        assert waits.count(0) == 10


class TestClear:
    def test_all_places_of_that_bucket_alone_can_be_taken_again(
        self, counters: RateLimitStore
    ) -> None:
        use_up(counters)
        use_up(counters, key="grace")
        counters.clear(TEN, "ada")
        use_up(counters)
        assert counters.acquire(TEN, "grace")

    def test_what_was_never_taken_may_be_cleared(self, counters: RateLimitStore) -> None:
        counters.clear(TEN, "ada")
        assert counters.acquire(TEN, "ada") == 0


class TestGiveBack:
    def test_the_place_can_be_taken_again(self, counters: RateLimitStore) -> None:
        use_up(counters)
        counters.release(TEN, "ada")
        assert counters.acquire(TEN, "ada") == 0
        assert counters.acquire(TEN, "ada")

    def test_the_newest_goes_and_the_older_lapse_when_they_would_have(
        self, counters: RateLimitStore, later: Later
    ) -> None:
        counters.acquire(TEN, "ada")
        later(800)
        assert [counters.acquire(TEN, "ada") for _ in range(9)] == [0] * 9
        counters.release(TEN, "ada")
        assert counters.acquire(TEN, "ada") == 0
        assert counters.acquire(TEN, "ada") == 100

    def test_what_was_never_taken_gives_nothing(self, counters: RateLimitStore) -> None:
        counters.release(TEN, "ada")
        use_up(counters)
        assert counters.acquire(TEN, "ada")

    def test_many_at_once_leave_only_what_was_not_given_back(
        self, counters: RateLimitStore
    ) -> None:
        def succeed(_: int) -> None:
            if counters.acquire(TEN, "ada") == 0:
                counters.release(TEN, "ada")

        counters.acquire(TEN, "ada")
        with ThreadPoolExecutor(20) as threads:
            list(threads.map(succeed, range(500)))
        assert [counters.acquire(TEN, "ada") for _ in range(9)] == [0] * 9
        assert counters.acquire(TEN, "ada")


class TestRedis:
    def test_workers_count_together(
        self, in_redis: RedisRateLimits, redis_server: RedisServer
    ) -> None:
        use_up(in_redis)
        another = RedisRateLimits(create_client(redis_server.url, NOWHERE))
        assert another.acquire(TEN, "ada")

    def test_nothing_is_left_when_it_has_lapsed(
        self, in_redis: RedisRateLimits, redis_server: RedisServer
    ) -> None:
        in_redis.acquire(TEN, "ada")
        (key,) = redis_server.client().keys("attempts:*")
        assert 0 < redis_server.client().ttl(key) <= TEN.seconds

    def test_a_place_that_comes_free_while_one_is_refused_is_worth_a_second(
        self, in_redis: RedisRateLimits, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(MovingWindowRateLimiter, "hit", lambda *_: False)
        assert in_redis.acquire(TEN, "ada") == 1

    def test_making_the_counters_asks_nothing_of_a_server(self) -> None:
        counters = RedisRateLimits(create_client(f"redis://127.0.0.1:{free_port()}", NOWHERE))
        with pytest.raises(Unavailable):
            counters.acquire(TEN, "ada")
        with pytest.raises(Unavailable):
            counters.release(TEN, "ada")

    @pytest.mark.impatient
    def test_a_server_that_hangs_is_an_outage_within_a_second(self, tmp_path: Path) -> None:
        server = RedisServer(tmp_path).start()
        counters = RedisRateLimits(create_client(server.url, NOWHERE))
        server.pause()
        began = time.monotonic()
        with pytest.raises(Unavailable):
            counters.acquire(TEN, "ada")
        assert time.monotonic() - began < BUSY_SECOND
        server.stop()

    def test_a_server_that_was_emptied_counts_anew(
        self, in_redis: RedisRateLimits, redis_server: RedisServer
    ) -> None:
        use_up(in_redis)
        redis_server.client().flushall()
        redis_server.client().script_flush()
        use_up(in_redis)


class TestMemory:
    def test_what_has_lapsed_is_forgotten(self, in_memory: MemoryRateLimits, later: Later) -> None:
        for number in range(1000):
            in_memory.acquire(TEN, f"address {number}")
        later(901)
        in_memory.acquire(TEN, "ada")
        assert len(in_memory) == 1

    def test_a_flood_of_addresses_does_not_fill_the_memory(
        self, in_memory: MemoryRateLimits, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(memory_rate_limits, "MAX_LOCAL_BUCKETS", 100)
        for number in range(1000):
            in_memory.acquire(ONE, f"address {number}")
        assert len(in_memory) == 100
        assert in_memory.acquire(ONE, "address 999")

    def test_who_keeps_trying_is_not_forgotten_in_a_flood(
        self, in_memory: MemoryRateLimits, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(memory_rate_limits, "MAX_LOCAL_BUCKETS", 100)
        numbers = itertools.count()
        for _ in range(10):
            assert in_memory.acquire(TEN, "ada") == 0
            for _ in range(90):
                in_memory.acquire(TEN, f"address {next(numbers)}")
        assert in_memory.acquire(TEN, "ada")
