"""Sentinel and Cluster: the same rules as for one server, and the topology followed."""

import os
import secrets
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import redis

from tests.store.test_redis_client import within_a_second
from tests.support.redis_cluster import ClusterServers
from tests.support.redis_sentinel import NAME, SentinelServers
from tests.support.servers import free_port, wait_until
from webapp.core.errors import Unavailable
from webapp.core.ports import Outcome
from webapp.core.rate_limits import Limit
from webapp.core.saved_forms import SavedForm
from webapp.store.redis.client import create_client, dedicated_connection
from webapp.store.redis.deadlines import LIMIT
from webapp.store.redis.dedicated_connection import required_replicas
from webapp.store.redis.generations import RedisGenerations
from webapp.store.redis.rate_limits import RedisRateLimits
from webapp.store.redis.saved_forms import RedisSavedForms

pytestmark = [pytest.mark.thorough("Sentinel and Cluster"), pytest.mark.impatient]

Several = SentinelServers | ClusterServers
NOWHERE = Path("/nowhere")
SID = "ada"
KEY = f"session:{SID}"


@pytest.fixture
def client(several: Several) -> Iterator["redis.Redis"]:
    with create_client(several.url, NOWHERE) as client:
        yield client


@pytest.fixture
def entries(client: "redis.Redis") -> RedisGenerations:
    entries = RedisGenerations(client)
    start(entries, SID)
    return entries


def start(entries: RedisGenerations, sid: str) -> None:
    entries.start(sid, now=1000, browser="!ab", ttl=600)


def redeem(entries: RedisGenerations, gen: int) -> Outcome:
    return entries.redeem(SID, gen, now=1001, grace=30, browser="!ab", ttl=600).outcome


class TestKeeping:
    def test_sessions(self, entries: RedisGenerations) -> None:
        assert redeem(entries, 0) is Outcome.ROTATED
        assert entries.confirm(SID, 1).outcome is Outcome.ALIVE
        entries.write_tombstone(SID, "logout", ttl=600)
        assert redeem(entries, 1) is Outcome.ENDED

    def test_when_many_sessions_were_last_seen(self, entries: RedisGenerations) -> None:
        sids = [f"{number}" for number in range(50)]
        for sid in sids:
            start(entries, sid)
        assert entries.last_seen([*sids, "nobody"]) == dict.fromkeys(sids, 1000)

    def test_attempts(self, client: "redis.Redis") -> None:
        counters = RedisRateLimits(client)
        limit = Limit("login", 2, 60)
        assert [counters.acquire(limit, "ada"), counters.acquire(limit, "ada")] == [0, 0]
        assert counters.acquire(limit, "ada") > 0
        counters.release(limit, "ada")
        assert counters.acquire(limit, "ada") == 0

    def test_forms(self, client: "redis.Redis") -> None:
        drafts = RedisSavedForms(client)
        draft = SavedForm(
            user_id="ada", path="/account", fields=[("name", "Ada")], had_secrets=False
        )
        kept = drafts.save(draft)
        assert drafts.saved("ada", 0) == {kept: draft}
        assert [drafts.claim(draft, kept), drafts.claim(draft, kept)] == [True, False]
        drafts.remove(draft, kept)
        assert (drafts.saved("ada", 0), drafts.sent_to(kept, "ada")) == ({}, "/account")


class TestAsking:
    def test_making_a_client_connects_to_no_server(self) -> None:
        no_server = f"127.0.0.1:{free_port()}"
        with within_a_second():
            create_client(f"redis+sentinel://{no_server}/{NAME}", NOWHERE)
            create_client(f"redis+cluster://{no_server}", NOWHERE)

    @pytest.mark.parametrize("url", ["redis+sentinel://{}/evergreen", "redis+cluster://{}"])
    def test_without_a_server_it_is_an_outage(self, url: str) -> None:
        entries = RedisGenerations(create_client(url.format(f"127.0.0.1:{free_port()}"), NOWHERE))
        with within_a_second(), pytest.raises(Unavailable):
            start(entries, SID)
        with within_a_second(), pytest.raises(Unavailable):
            entries.last_seen([SID])

    def test_connections_that_never_came_to_be_are_not_kept(self) -> None:
        url = f"redis+sentinel://127.0.0.1:{free_port()}/evergreen"
        client = create_client(url, NOWHERE)
        for _ in range(20):
            with pytest.raises(redis.RedisError):
                client.get("anything")
        assert len(client.connection_pool._connections) <= 1

    def test_what_is_no_cluster_is_an_outage(self, sentinel: SentinelServers) -> None:
        url = f"redis+cluster://127.0.0.1:{sentinel.master_of().port}"
        with pytest.raises(Unavailable):
            start(RedisGenerations(create_client(url, NOWHERE)), SID)

    def test_an_empty_layout_is_an_outage(self, cluster: ClusterServers) -> None:
        """The library itself falls over it with an IndexError."""
        lonely = cluster.spare()
        with pytest.raises(Unavailable):
            start(
                RedisGenerations(
                    create_client(f"redis+cluster://127.0.0.1:{lonely.port}", NOWHERE)
                ),
                SID,
            )
        lonely.stop()

    def test_a_name_that_the_sentinels_do_not_know_is_an_outage(
        self, sentinel: SentinelServers
    ) -> None:
        url = sentinel.url.replace(NAME, "nevergreen")
        with pytest.raises(Unavailable):
            start(RedisGenerations(create_client(url, NOWHERE)), SID)

    def test_when_all_hang_it_is_an_outage_within_a_second(
        self, several: Several, entries: RedisGenerations
    ) -> None:
        strangers = RedisGenerations(create_client(several.url, NOWHERE))
        for process in several.all:
            process.pause()
        for each in (entries, strangers):
            with within_a_second(), pytest.raises(Unavailable):
                each.confirm(SID, 0)

    def test_threads_that_wait_for_each_other_wait_no_longer(
        self, several: Several, entries: RedisGenerations
    ) -> None:
        for process in several.all:
            process.pause()
        failed = []

        def ask() -> None:
            with within_a_second(), pytest.raises(Unavailable):
                entries.confirm(SID, 0)
            failed.append(1)

        run_together(ask, 8)
        assert len(failed) == 8

    def test_a_sentinel_that_is_down_and_one_that_hangs_are_passed_over(
        self, sentinel: SentinelServers
    ) -> None:
        sentinel.sentinels[0].stop()
        sentinel.sentinels[1].pause()
        for _ in range(2):
            with within_a_second():
                start(RedisGenerations(create_client(sentinel.url, NOWHERE)), SID)

    def test_threads_share_one_client(self, client: "redis.Redis") -> None:
        def speak() -> None:
            me = secrets.token_hex(8)
            for number in range(20):
                say(client, f"said:{number % 4}", f"{me} {number}")

        run_together(speak, 10)
        assert [client.scard(f"said:{number}") for number in range(4)] == [50] * 4

    def test_a_forked_child_asks_on_its_own_connections(self, client: "redis.Redis") -> None:
        client.set("parent", "parent")
        client.set("child", "child")
        child = os.fork()
        name = "parent" if child else "child"
        wrong = [answer for _ in range(100) if (answer := client.get(name)) != name]
        if not child:
            os._exit(len(wrong) and 1)
        assert (os.waitpid(child, 0)[1], wrong) == (0, [])


def say(client: "redis.Redis", key: str, word: str) -> None:
    """Until it is answered: on a busy machine an answer may be late."""
    while True:
        with suppress(redis.TimeoutError):
            client.sadd(key, word)
            return


class TestLine:
    def test_it_ends_with_an_error_where_a_pool_goes_on_without_a_word(
        self, several: Several, client: "redis.Redis"
    ) -> None:
        """Perhaps with another server, which has not got the writes of the first one."""
        line = dedicated_connection(client, KEY)
        line.server.set(KEY, "1")
        client.set(KEY, "2")
        several.master_of(KEY).client().client_kill_filter(_type="normal", skipme=True)
        client.set(KEY, "3")
        with pytest.raises(redis.ConnectionError):
            line.server.get(KEY)

    def test_half_of_the_replicas_have_to_follow(
        self, several: Several, client: "redis.Redis"
    ) -> None:
        line = dedicated_connection(client, KEY)
        assert line.required_replicas == 1
        line.server.set(KEY, "1")
        line.check_quorum()
        master = several.master_of(KEY)
        for process in several.all:
            if process is not master:
                process.pause()
        line.server.set(KEY, "2")
        with pytest.raises(redis.ConnectionError, match="0 of 1 replicas"):
            line.check_quorum()

    @pytest.mark.parametrize(("replicas", "witnesses"), [(0, 0), (1, 1), (2, 1), (3, 2), (4, 2)])
    def test_with_its_witnesses_a_server_is_the_larger_part(
        self, replicas: int, witnesses: int
    ) -> None:
        assert required_replicas(replicas) == witnesses
        assert not replicas or 2 * (witnesses + 1) > replicas + 1


class TestAnswers:
    def test_a_redeem_that_is_not_answered_is_not_sent_again(
        self, several: Several, entries: RedisGenerations
    ) -> None:
        """It would rotate twice. The pause lasts longer than the first try, and not a second."""
        master = several.master_of(KEY).client()
        assert redeem(entries, 0) is Outcome.ROTATED
        master.execute_command("CLIENT", "PAUSE", 650, "WRITE")
        with within_a_second(), pytest.raises(Unavailable):
            redeem(entries, 1)
        wait_until(lambda: master.set(f"{{{KEY}}}", ""))
        assert entries.last_seen([SID]) == {SID: 1001}
        outcomes: list[Outcome] = []
        wait_until(lambda: answered(lambda: outcomes.append(redeem(entries, 1))))
        assert outcomes == [Outcome.ROTATED]

    def test_a_server_that_lacks_the_script_gets_it_while_another_is_down(
        self, cluster: ClusterServers
    ) -> None:
        entries = RedisGenerations(create_client(cluster.url, NOWHERE))
        other = next(node for node in cluster.nodes[:3] if node is not cluster.master_of(KEY))
        start(entries, SID)
        cluster.master_of(KEY).client().script_flush()
        other.pause()
        assert redeem(entries, 0) is Outcome.ROTATED

    def test_a_slot_on_its_way_and_moved_keeps_its_sessions(self, cluster: ClusterServers) -> None:
        entries = RedisGenerations(create_client(cluster.url, NOWHERE))
        start(entries, SID)
        for gen in range(3):
            with cluster.moving(KEY):
                assert redeem(entries, 2 * gen) is Outcome.ROTATED
            assert redeem(entries, 2 * gen + 1) is Outcome.ROTATED
            assert entries.last_seen([SID]) == {SID: 1001}

    def test_the_master_of_the_day_is_found_after_a_switch(
        self, several: Several, entries: RedisGenerations
    ) -> None:
        several.fail_over(KEY)
        wait_until(lambda: answered(lambda: redeem(entries, 0)))
        assert redeem(entries, 1) is Outcome.ROTATED


def answered(ask) -> bool:
    try:
        ask()
    except Unavailable:
        return False
    return True


def run_together(work, times: int) -> None:
    threads = [threading.Thread(target=work) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_the_limit_leaves_time_for_the_wait_for_a_connection() -> None:
    assert LIMIT < 1
