"""The invalidation feed between workers: read at once, or no cached token counts."""

import gc
import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.store.processes import context
from tests.support.servers import BUSY_SECOND, RedisServer, wait_until
from webapp.store.redis import invalidation_feed
from webapp.store.redis.client import create_client
from webapp.store.redis.invalidation_feed import MAX_SILENCE, STREAM, RedisInvalidationFeed

pytestmark = pytest.mark.impatient

LONG = 360.0


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RedisServer]:
    """A server of this test alone, to be stopped and paused."""
    server = RedisServer(tmp_path).start()
    yield server
    server.stop()


def new(url: str, invalidation_ttl: float = LONG) -> RedisInvalidationFeed:
    return RedisInvalidationFeed(create_client(url, Path("/nowhere")), invalidation_ttl)


def joined(url: str, invalidation_ttl: float = LONG) -> RedisInvalidationFeed:
    """The feed of a worker, connected."""
    feed = new(url, invalidation_ttl)
    wait_until(lambda: feed.epoch >= 0)
    return feed


def readers() -> set[threading.Thread]:
    return {thread for thread in threading.enumerate() if thread.name == "feed"}


def sent(server: RedisServer) -> list[str]:
    return [fields["of"] for _, fields in server.client().xrange(STREAM)]


class TestTelling:
    def test_what_one_announces_it_doubts_at_once_and_another_soon(
        self, server: RedisServer
    ) -> None:
        here, there = joined(server.url), joined(server.url)
        assert here.publish("ada's session")
        assert here.is_invalidated("ada's session", "ada")
        wait_until(lambda: there.is_invalidated("ada's session", "ada"))
        assert not there.is_invalidated("grace's session", "grace")

    def test_a_user_is_doubted_in_all_their_sessions(self, server: RedisServer) -> None:
        here, there = joined(server.url), joined(server.url)
        here.publish("ada")
        wait_until(lambda: there.is_invalidated("any session", "ada"))
        assert here.is_invalidated("any session", "ada")

    def test_news_and_silence_alike_change_no_epoch(
        self, server: RedisServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(invalidation_feed, "MAX_SILENCE", 60)  # however busy the machine is
        here, there = joined(server.url), joined(server.url)
        before, since = there.epoch, time.monotonic()
        here.publish("ada")
        wait_until(lambda: there._last_read_at > since + 2 * MAX_SILENCE)
        assert there.epoch == before

    @pytest.mark.thorough("outages")
    def test_what_lapsed_is_dropped(self, server: RedisServer) -> None:
        here, there = joined(server.url, 0.05), joined(server.url, 0.05)
        for number in range(100):
            here.publish(str(number))
        assert here.is_invalidated("99", "")
        wait_until(lambda: not here._invalidated_until and not there._invalidated_until)

    def test_a_doubt_that_is_announced_again_lasts_from_then_on(self, server: RedisServer) -> None:
        feed = new(server.url)
        feed.publish("ada")
        first = feed._invalidated_until["ada"]
        feed.publish("ada")
        assert feed._invalidated_until["ada"] > first

    def test_the_stream_does_not_grow_for_ever(
        self, server: RedisServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(invalidation_feed, "MAX_ENTRIES", 100)
        here = joined(server.url)
        for number in range(400):
            here.publish(str(number))
        assert server.client().xlen(STREAM) <= 200


class TestMissing:
    def test_before_it_has_joined_no_cached_token_is_used(self, server: RedisServer) -> None:
        server.pause()
        feed = new(server.url)
        assert feed.epoch < 0
        server.resume()
        wait_until(lambda: feed.epoch >= 0)

    def test_an_invalidation_that_was_read_too_long_ago_does_not_count(
        self, server: RedisServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        feed = joined(server.url)
        with monkeypatch.context() as patch:
            patch.setattr(invalidation_feed, "MAX_SILENCE", 0)
            assert feed.epoch < 0
        wait_until(lambda: feed.epoch >= 0)

    def test_a_connection_that_is_killed_makes_another_epoch(self, server: RedisServer) -> None:
        feed = joined(server.url)
        before = feed.epoch
        server.client().client_kill_filter(_type="normal", skipme=True)
        wait_until(lambda: feed.epoch > before)
        server.client().xadd(STREAM, {"of": "ada"})
        wait_until(lambda: feed.is_invalidated("any session", "ada"))

    @pytest.mark.thorough("outages")
    def test_while_redis_hangs_there_is_no_epoch_and_then_another(
        self, server: RedisServer
    ) -> None:
        feed = joined(server.url)
        before = feed.epoch
        server.pause()
        wait_until(lambda: feed.epoch < 0)
        server.resume()
        wait_until(lambda: feed.epoch >= 0)
        assert feed.epoch > before

    def test_while_redis_is_down_there_is_no_epoch_and_then_another(
        self, server: RedisServer
    ) -> None:
        feed = joined(server.url)
        before = feed.epoch
        server.stop()
        wait_until(lambda: feed.epoch < 0)
        server.start()
        wait_until(lambda: feed.epoch >= 0)
        assert feed.epoch > before

    @pytest.mark.thorough("outages")
    def test_a_worker_that_was_stopped_itself_uses_no_older_cached_token(
        self, server: RedisServer
    ) -> None:
        pipe, theirs = context.Pipe()
        process = context.Process(target=be_stopped, args=(server.url, theirs))
        process.start()
        theirs.close()
        before = received(pipe)
        assert process.pid
        os.kill(process.pid, signal.SIGSTOP)
        since = time.monotonic()
        wait_until(lambda: time.monotonic() > since + MAX_SILENCE)
        pipe.send("go on")
        os.kill(process.pid, signal.SIGCONT)
        at_once, afterwards = received(pipe)
        assert at_once < 0 or at_once > before
        assert afterwards > before
        process.join()
        pipe.close()


class TestOutage:
    def test_an_announcement_that_could_not_be_sent_is_sent_later_in_its_order(
        self, server: RedisServer
    ) -> None:
        feed = joined(server.url)
        server.stop()
        for name in ("ada", "grace"):
            assert not feed.publish(name)
            assert feed.is_invalidated("any session", name)
        server.start()
        wait_until(lambda: sent(server) == ["ada", "grace"])

    def test_a_server_that_hangs_holds_an_announcement_up_for_less_than_a_second(
        self, server: RedisServer
    ) -> None:
        feed = joined(server.url)
        server.pause()
        since = time.monotonic()
        assert not feed.publish("ada")
        assert time.monotonic() - since < BUSY_SECOND

    def test_of_too_many_that_wait_the_newest_are_kept(
        self, server: RedisServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(invalidation_feed, "MAX_UNSENT", 3)
        feed = joined(server.url)
        server.stop()
        for number in range(5):
            feed.publish(str(number))
        server.start()
        wait_until(lambda: sent(server) == ["2", "3", "4"])


class TestReader:
    def test_however_many_threads_ask_first_there_is_one(self, server: RedisServer) -> None:
        before, together = readers(), threading.Barrier(8)
        feed = new(server.url)

        def ask() -> None:
            together.wait()
            assert feed.epoch >= -1

        threads = [threading.Thread(target=ask) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        wait_until(lambda: feed.epoch >= 0)
        assert len(readers() - before) == 1

    def test_making_a_feed_starts_none(self, server: RedisServer) -> None:
        before = readers()
        new(server.url)
        assert readers() <= before

    @pytest.mark.thorough("outages")
    def test_it_ends_with_its_feed(self, server: RedisServer) -> None:
        before = readers()
        feed = joined(server.url)
        (mine,) = readers() - before
        del feed
        gc.collect()
        wait_until(lambda: not mine.is_alive())

    @pytest.mark.thorough("outages")
    def test_a_forked_child_has_its_own(self, server: RedisServer) -> None:
        pipe, theirs = context.Pipe()
        process = context.Process(target=be_forked, args=(server.url, theirs))
        process.start()
        theirs.close()
        inherited, own = received(pipe)
        assert inherited < 0 <= own
        server.client().xadd(STREAM, {"of": "ada"})
        assert received(pipe) == "the child has read it"
        process.join()
        pipe.close()


def received(pipe):
    assert pipe.poll(30), "the other process does not answer"
    return pipe.recv()


def be_stopped(url: str, pipe) -> None:
    feed = joined(url)
    pipe.send(feed.epoch)
    pipe.recv()
    at_once = feed.epoch
    wait_until(lambda: feed.epoch >= 0)
    pipe.send((at_once, feed.epoch))


def be_forked(url: str, pipe) -> None:
    feed = joined(url)
    child = os.fork()
    if child:
        os.waitpid(child, 0)
        return
    inherited = feed.epoch
    wait_until(lambda: feed.epoch >= 0)
    pipe.send((inherited, feed.epoch))
    wait_until(lambda: feed.is_invalidated("any session", "ada"))
    pipe.send("the child has read it")
    os._exit(0)
