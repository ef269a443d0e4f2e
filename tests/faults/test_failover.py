"""Masters that die, are switched or cut off: no user is signed out, no end is undone.

Everybody's access token has expired each time they ask, so that each request is a redeem.
"""

import time
from collections import Counter
from pathlib import Path

import pytest
from flask import Flask

from tests.conftest import services_of
from tests.faults.test_ended_sessions_everywhere import SOON, Worker
from tests.support.browser import Browser
from tests.support.clock import Clock
from tests.support.redis_cluster import ClusterServers
from tests.support.redis_sentinel import SentinelServers
from tests.support.servers import BUSY_SECOND, wait_until
from webapp import create_app
from webapp.store.redis import invalidation_feed
from webapp.store.redis.client import create_client
from webapp.store.redis.invalidation_feed import STREAM, RedisInvalidationFeed

pytestmark = [pytest.mark.thorough("Sentinel and Cluster"), pytest.mark.impatient]

Several = SentinelServers | ClusterServers
# Seconds of 503s after which a failover has failed. Two are usual; a busy machine, or a tied
# election, takes several.
PATIENCE = 30


@pytest.fixture
def environ(environment: dict[str, str], several: Several) -> dict[str, str]:
    return environment | {"REDIS_URL": several.url}


@pytest.fixture
def app(environ: dict[str, str], clock: Clock) -> Flask:
    return create_app(environ, clock)


def signed_in(app: Flask) -> Browser:
    browser = Browser(app)
    browser.sign_in()
    return browser


def held_by(browser: Browser) -> dict[str, str]:
    return {"refresh_token": browser.refresh_token, "access_token": browser.access_token}


def key_of(app: Flask, browser: Browser) -> str:
    """Where Redis keeps this browser's session."""
    services = services_of(app)
    with app.app_context():
        claims = services.sessions.claims_ignoring_expiry(
            browser.refresh_token, "browser", services.now()
        )
    assert claims
    return f"session:{claims.sid}"


def refresh(browser: Browser, clock: Clock) -> int:
    clock.advance(301)
    return browser.get("/dashboard").status_code


def let_cache(worker: Worker, browser: Browser, clock: Clock) -> None:
    """Until the worker has an access token of the browser in its cache.

    A session that a failover has lost is not cached before its next refresh, which heals it.
    """

    def has_cached() -> bool:
        if refresh(browser, clock) != 200:
            return False
        worker.status(browser.access_token)
        return not worker.asks(browser.access_token)

    wait_until(has_cached)


class TestEveryDay:
    def test_sign_in_silent_refresh_and_logout(self, app: Flask, clock: Clock) -> None:
        browser = signed_in(app)
        assert [refresh(browser, clock) for _ in range(3)] == [200] * 3
        held = held_by(browser)
        browser.sign_out()
        browser.keep(held)
        assert not browser.is_in()

    def test_what_ends_in_one_worker_is_over_in_another(
        self, environ: dict[str, str], clock: Clock
    ) -> None:
        here, there = Worker(environ, clock), Worker(environ, clock)
        tokens = [signed_in(here.app).access_token for _ in range(3)]
        for token in tokens:
            there.know(token)
        here.end(here.sid(tokens[0]))
        wait_until(lambda: there.refuses(tokens[0]), SOON)
        here.end_all()
        wait_until(lambda: all(map(there.refuses, tokens)), SOON)


class TestDeadMaster:
    def test_a_few_seconds_of_503_no_logout_and_no_session_reopened(
        self, app: Flask, clock: Clock, environ: dict[str, str], several: Several
    ) -> None:
        browser, ended_before, ended_meanwhile = (signed_in(app) for _ in range(3))
        other_worker = Worker(environ, clock)
        let_cache(other_worker, ended_meanwhile, clock)
        held = [held_by(each) for each in (ended_before, ended_meanwhile)]
        ended_before.sign_out()
        key = key_of(app, browser)
        killed = several.kill_master_of(key)
        ended_meanwhile.sign_out()
        assert set(statuses_until_answered(browser, clock)) <= {200, 503}
        several.wait_for_another(key, killed)
        assert [refresh(browser, clock) for _ in range(3)] == [200] * 3
        for tokens in held:
            assert other_worker.refuses(tokens["access_token"])
            thief = Browser(other_worker.app)
            thief.keep(tokens)
            assert not thief.is_in()
        signed_in(app)

    def test_the_workers_join_again_and_read_each_others_invalidations(
        self, environ: dict[str, str], clock: Clock, several: Several
    ) -> None:
        here, there = Worker(environ, clock), Worker(environ, clock)
        browser = signed_in(here.app)
        let_cache(there, browser, clock)
        before = there.feed.epoch
        several.kill_master_of(STREAM)
        wait_until(lambda: there.feed.epoch < 0)
        assert there.asks(browser.access_token)
        wait_until(lambda: min(here.feed.epoch, there.feed.epoch) > before)
        let_cache(there, browser, clock)
        here.end(here.sid(browser.access_token))
        wait_until(lambda: there.refuses(browser.access_token), SOON)


@pytest.fixture
def long_look_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """An election may take longer than the ten seconds for which a feed publishes again."""
    monkeypatch.setattr(invalidation_feed, "LOOK_BACK", 600)


@pytest.mark.usefixtures("long_look_back")
class TestSwitchedMaster:
    def test_what_was_announced_a_moment_before_is_announced_again(self, several: Several) -> None:
        here, there = joined(several.url), joined(several.url)
        here.publish("ada")
        wait_until(lambda: there.is_invalidated("ada", ""), SOON)
        several.master_of(STREAM).client().delete(STREAM)  # it never came to the replicas
        several.fail_over(STREAM)
        late = joined(several.url)
        wait_until(lambda: late.is_invalidated("ada", ""))


@pytest.mark.usefixtures("long_look_back")
class TestCutOffMaster:
    def test_it_answers_is_not_trusted_and_its_invalidations_are_published_again(
        self, sentinel: SentinelServers
    ) -> None:
        here, there = joined(sentinel.url), joined(sentinel.url)
        here.publish("before")
        before = here.epoch, there.epoch
        cut = sentinel.cut_off_master()
        assert here.publish("on the cut-off master")
        wait_until(lambda: here.epoch < 0 and there.epoch < 0)
        sentinel.wait_for_another(STREAM, cut)
        assert cut.client().role()[0] == "master"
        wait_until(lambda: here.epoch > before[0] and there.epoch > before[1])
        late = joined(sentinel.url)
        wait_until(lambda: late.is_invalidated("on the cut-off master", ""))


class TestResharding:
    def test_under_load_no_request_fails(
        self, environment: dict[str, str], clock: Clock, cluster: ClusterServers
    ) -> None:
        app = create_app(environment | {"REDIS_URL": cluster.url}, clock)
        browsers = [signed_in(app) for _ in range(3)]
        seen: list[int] = []
        for browser in browsers:
            with cluster.moving(key_of(app, browser)):
                seen += [refresh(each, clock) for each in browsers]
            seen += [refresh(each, clock) for each in browsers]
        assert Counter(seen) == {200: len(seen)}

    @pytest.mark.usefixtures("long_look_back")
    def test_a_feed_whose_stream_moves_joins_again_and_reads_on(
        self, cluster: ClusterServers
    ) -> None:
        here, there = joined(cluster.url), joined(cluster.url)
        here.publish("ada")
        before = there.epoch
        with cluster.moving(STREAM):
            wait_until(lambda: there.epoch < 0)
            here.publish("meanwhile")
        wait_until(lambda: there.epoch > before)
        wait_until(lambda: there.is_invalidated("meanwhile", ""), SOON)


class TestNobodyThere:
    def test_the_app_starts_says_503_and_goes_on_when_they_come(
        self, environ: dict[str, str], clock: Clock, several: Several
    ) -> None:
        first = create_app(environ, clock)
        browser = signed_in(first)
        for process in several.all:
            process.pause()
        began = time.monotonic()
        app = create_app(environ, clock)
        assert time.monotonic() - began < BUSY_SECOND
        here = Browser(app)
        here.keep(held_by(browser))
        assert refresh(here, clock) == 503
        several.repair()
        wait_until(lambda: refresh(here, clock) == 200)

    def test_without_sentinels_those_who_are_connected_go_on(
        self, environment: dict[str, str], clock: Clock, sentinel: SentinelServers
    ) -> None:
        app = create_app(environment | {"REDIS_URL": sentinel.url}, clock)
        browser = signed_in(app)
        # The clean-up after a sign-in holds the connection; a second one would need a sentinel.
        assert services_of(app).background.finish(BUSY_SECOND)
        for each in sentinel.sentinels:
            each.stop()
        assert [refresh(browser, clock) for _ in range(3)] == [200] * 3


def joined(url: str) -> RedisInvalidationFeed:
    feed = RedisInvalidationFeed(create_client(url, Path("/nowhere")), 360.0)
    wait_until(lambda: feed.epoch >= 0)
    return feed


def statuses_until_answered(browser: Browser, clock: Clock) -> list[int]:
    began = time.monotonic()
    seen = [refresh(browser, clock)]
    while seen[-1] == 503:
        assert time.monotonic() - began < PATIENCE
        time.sleep(0.05)
        seen.append(refresh(browser, clock))
    return seen
