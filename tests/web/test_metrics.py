"""What /metrics tells: what has happened, in all workers, and never by a name from outside."""

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest
import redis
from flask import Flask
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.parser import text_string_to_metric_families
from redis.connection import AbstractConnection

from tests.conftest import services_of
from tests.support.api import Program
from tests.support.browser import EMAIL, FIREFOX, Browser
from tests.support.clock import Clock
from tests.support.servers import RedisServer, free_port, wait_until
from webapp.config_table import ROOT
from webapp.core.end_reasons import EndReason
from webapp.core.errors import Overloaded
from webapp.runtime.background import MAX_TASKS
from webapp.store.sql.models import db
from webapp.web.monitoring.gauges import FEED_SILENCE
from webapp.web.monitoring.metrics import LIMITS, Metrics
from webapp.web.monitoring.multiprocess import Merged

Numbers = dict[str, float]


def metrics_of(app: Flask) -> Numbers:
    """Name and labels → number, without the prefix that all of them have."""
    return numbers_in(app.test_client().get("/metrics").text)


def numbers_in(text: str) -> Numbers:
    return {
        sample.name.removeprefix("evergreen_")
        + "".join(f" {label}={value}" for label, value in sorted(sample.labels.items())): (
            sample.value
        )
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


@pytest.fixture
def grown(app: Flask) -> Callable[[], Numbers]:
    """What has become more since the test began."""
    before = metrics_of(app)

    def look() -> Numbers:
        after = metrics_of(app)
        return {
            name: number - before.get(name, 0)
            for name, number in after.items()
            if number > before.get(name, 0) and not name.startswith("request_seconds")
        }

    return look


Grown = Callable[[], Numbers]


class TestWhatHappened:
    def test_sign_ins(self, app: Flask, browser: Browser, grown: Grown) -> None:
        browser.post("/login", email=EMAIL, password="a wrong one")
        browser.sign_in()
        Program(app).log_in()
        assert services_of(app).background.finish(5), "there is still mail to be sent"
        assert grown() == {
            "sign_ins_total result=failed": 1,
            "sign_ins_total result=succeeded": 2,
            "events_total kind=sign_in_failed": 1,
            "events_total kind=signed_in": 2,
        }

    @pytest.mark.parametrize("outcome", ["rotated", "repeated", "healed", "invalid", "expired"])
    def test_refreshes_by_outcome(
        self, app: Flask, clock: Clock, redis_server: RedisServer, grown: Grown, outcome: str
    ) -> None:
        program = Program(app)
        token = program.log_in()["refresh_token"]
        if outcome == "repeated":
            program.refresh(token)
        elif outcome == "healed":
            redis_server.client().flushall()
        elif outcome == "invalid":
            token = "rubbish"
        elif outcome == "expired":
            clock.advance(31 * 24 * 3600)
        program.refresh(token)
        assert grown()[f"refreshes_total outcome={outcome}"] == 1

    def test_a_theft_is_a_refresh_an_end_and_an_event(
        self, app: Flask, browser: Browser, clock: Clock, grown: Grown
    ) -> None:
        browser.sign_in()
        thief = Browser(app, FIREFOX)
        thief.keep({"refresh_token": browser.refresh_token})
        clock.advance(301)
        browser.get("/dashboard")
        thief.get("/dashboard")
        browser.get("/dashboard")  # the access token is asked about, the refresh token not shown
        seen = grown()
        assert seen["refreshes_total outcome=rotated"] == 1
        assert seen["refreshes_total outcome=reused"] == 1
        assert seen["sessions_ended_total reason=reuse"] == 1
        assert seen["events_total kind=session_ended"] == 1

    def test_a_refresh_that_no_store_could_answer(
        self, app: Flask, grown: Grown, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        program = Program(app)
        token = program.log_in()["refresh_token"]

        def out_of_order(*_: object, **__: object) -> None:
            raise redis.ConnectionError

        with monkeypatch.context() as patch:
            patch.setattr(AbstractConnection, "send_packed_command", out_of_order)
            assert program.refresh(token).status_code == 503
        assert grown()["refreshes_total outcome=unavailable"] == 1

    def test_ends_by_reason(self, browser: Browser, grown: Grown) -> None:
        browser.sign_in()
        browser.sign_out()
        assert grown()["sessions_ended_total reason=logout"] == 1

    def test_what_is_rolled_back_did_not_happen(
        self, app: Flask, browser: Browser, grown: Grown, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail() -> None:
            raise RuntimeError

        with app.app_context():
            monkeypatch.setattr(db.session, "commit", fail)
        answer = browser.post("/login", email=EMAIL, password="a wrong one")
        assert answer.status_code == 500
        assert grown() == {}

    def test_every_reason_and_outcome_is_there_before_it_happens(self, app: Flask) -> None:
        seen = metrics_of(app)
        for reason in EndReason:
            assert seen[f"sessions_ended_total reason={reason}"] == 0
        for outcome in ("rotated", "reused", "healed", "unavailable"):
            assert seen[f"refreshes_total outcome={outcome}"] == 0


@pytest.fixture
def metrics(tmp_path: Path) -> Metrics:
    """Without an app, and without gauges."""
    return Metrics(tmp_path, CollectorRegistry())


class TestRequests:
    def test_are_counted_by_method_group_and_class(self, app: Flask, browser: Browser) -> None:
        browser.get("/login")
        browser.get("/")
        browser.get("/dashboard")
        browser.client.head("/login")
        browser.get("/.well-known/jwks.json")
        Program(app).call("GET", "/protected")
        seen = metrics_of(app)
        count = "request_seconds_count group={} method={} status={}"
        assert seen[count.format("pages", "GET", "2xx")] == 2
        assert seen[count.format("pages", "GET", "3xx")] == 1
        assert seen[count.format("pages", "HEAD", "2xx")] == 1
        assert seen[count.format("well_known", "GET", "2xx")] == 1
        assert seen[count.format("api", "GET", "4xx")] == 1

    def test_a_bucket_holds_what_the_smaller_ones_hold(self, metrics: Metrics) -> None:
        environ = {"REQUEST_METHOD": "GET"}
        for seconds in (0.0005, 0.001, 0.03, 99.0):
            metrics.request(environ, "200 OK", seconds)
        seen = numbers_in(metrics.render()[0].decode())
        labels = "group=server le={} method=GET status=2xx"
        bucket = {
            limit: seen[f"request_seconds_bucket {labels.format(limit)}"]
            for limit in ("0.001", "0.025", "0.05", "2.5", "+Inf")
        }
        assert bucket == {"0.001": 2, "0.025": 2, "0.05": 3, "2.5": 3, "+Inf": 4}
        assert seen["request_seconds_count group=server method=GET status=2xx"] == 4
        assert seen["request_seconds_sum group=server method=GET status=2xx"] == pytest.approx(
            99.0315
        )

    def test_nothing_from_outside_becomes_a_label(self, app: Flask, browser: Browser) -> None:
        browser.get("/no/such/path")
        browser.client.open("/login", method="BREW")
        before = len(metrics_of(app))
        for number in range(20):
            browser.get(f"/no/such/path-{number}")
            browser.get(f"/reset-password/secret-{number}")
            browser.client.open("/login", method=f"BREW{number}")
        text = app.test_client().get("/metrics").text
        for unbounded in ("path", "secret", "BREW", EMAIL, "127.0.0.1"):
            assert unbounded not in text
        one_more_kind = len([*LIMITS, "+Inf", "count", "sum"])
        assert len(numbers_in(text)) <= before + 2 * one_more_kind

    def test_all_of_many_threads_are_counted(self, metrics: Metrics) -> None:
        def ask() -> None:
            for _ in range(2000):
                metrics.request({"REQUEST_METHOD": "GET"}, "200 OK", 0.01)

        threads = [threading.Thread(target=ask) for _ in range(8)]
        interval = sys.getswitchinterval()
        sys.setswitchinterval(1e-6)
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        sys.setswitchinterval(interval)
        seen = numbers_in(metrics.render()[0].decode())
        assert seen["request_seconds_count group=server method=GET status=2xx"] == 16_000


class TestLevels:
    def test_the_queue_for_hashing_and_who_found_it_full(self, app: Flask) -> None:
        pool = services_of(app).accounts._passwords._pool
        over = threading.Event()
        room = pool._room
        waiting = [threading.Thread(target=pool.run, args=(over.wait,)) for _ in range(room)]
        for thread in waiting:
            thread.start()
        wait_until(lambda: metrics_of(app)["hashing_waiting"] == room - pool._threads)
        with pytest.raises(Overloaded):
            pool.run(over.wait)
        over.set()
        for thread in waiting:
            thread.join()
        seen = metrics_of(app)
        assert (seen["hashing_waiting"], seen["hashing_refused_total"]) == (0, 1)

    def test_mails_that_wait_and_that_are_lost(self, app: Flask) -> None:
        background, over = services_of(app).background, threading.Event()
        background.run(over.wait, "slow mail")
        wait_until(lambda: background.waiting == 0)
        for _ in range(MAX_TASKS):
            background.run(lambda: None, "a letter")
        background._tasks[0].job = lambda: 1 / 0
        with pytest.raises(Exception, match="not answering"):
            background.run(lambda: None, "one too many")
        seen = metrics_of(app)
        assert (seen["mails_waiting"], seen["mails_lost_total"]) == (MAX_TASKS, 1)
        over.set()
        assert background.finish(5)
        seen = metrics_of(app)
        assert (seen["mails_waiting"], seen["mails_lost_total"]) == (0, 2)

    @pytest.mark.impatient
    def test_whether_the_feed_is_read(
        self, app: Flask, browser: Browser, redis_server: RedisServer
    ) -> None:
        browser.sign_in()
        assert services_of(app).feed.epoch is not None  # the first question

        def is_current() -> bool:
            browser.get("/dashboard")
            seen = metrics_of(app)
            return seen["feed_believed"] == 1 and seen["tokens_remembered"] == 1

        wait_until(is_current)
        redis_server.pause()
        try:
            wait_until(lambda: metrics_of(app)["feed_believed"] == 0)
            assert metrics_of(app)["feed_silence_seconds"] >= 0.5
        finally:
            redis_server.resume()


def test_of_two_workers_the_longest_silence_is_reported() -> None:
    silences = [GaugeMetricFamily(FEED_SILENCE, "", value) for value in (0.2, 7.0, 3.0)]
    waiting = [GaugeMetricFamily("evergreen_mails_waiting", "", value) for value in (2, 3)]
    seen = numbers_in(generate_latest(Merged([*silences, *waiting])).decode())
    assert seen == {"feed_silence_seconds": 7.0, "mails_waiting": 5}


# Python 3.12 and newer warn of forks beside threads: those are what is tested here.
@pytest.mark.filterwarnings("ignore:This process.*multi-threaded:DeprecationWarning")
class TestWorkers:
    LOGINS = "request_seconds_count group=pages method=GET status=2xx"

    def test_any_of_them_tells_for_all_and_for_those_that_are_gone(
        self, app: Flask, environment: dict[str, str]
    ) -> None:
        """Forked after the app was made, as a server does that preloads it."""
        app.test_client().get("/login")
        assert in_a_worker(lambda: ask_and_leave(app, 3))[self.LOGINS] == 3
        assert in_a_worker(lambda: ask_and_leave(app, 2))[self.LOGINS] == 5
        seen = in_a_worker(lambda: ask_and_leave(app, 1))
        assert (seen[self.LOGINS], seen["workers"]) == (6, 1)
        (folder,) = Path(environment["WEBAPP_INSTANCE_PATH"], "metrics").glob(f"{os.getpid()}")
        # The last one has ended too, and there was no scrape since.
        assert sorted(path.suffix for path in folder.glob("*-*")) == [".json"]
        assert metrics_of(app)[self.LOGINS] == 1  # another server, with workers of its own

    def test_what_a_server_left_that_is_gone_is_cleared_away(
        self, app: Flask, environment: dict[str, str]
    ) -> None:
        metrics = Path(environment["WEBAPP_INSTANCE_PATH"], "metrics")
        gone = os.fork()
        if not gone:
            os._exit(0)
        os.waitpid(gone, 0)
        old = metrics / str(gone)
        old.mkdir(parents=True)
        (old / "1-a.json").write_text("{}")
        metrics_of(app)
        assert [path.name for path in metrics.iterdir()] == [str(os.getppid())]

    def test_a_file_that_a_power_cut_has_emptied_is_passed_over(
        self, app: Flask, environment: dict[str, str]
    ) -> None:
        metrics_of(app)
        (folder,) = Path(environment["WEBAPP_INSTANCE_PATH"], "metrics").iterdir()
        (folder / f"{os.getpid()}-empty.json").write_text("")
        (folder / "gone.json").write_text("")
        assert metrics_of(app)["workers"] == 1

    def test_a_folder_that_can_not_be_written_costs_nothing_else(
        self, app: Flask, environment: dict[str, str], caplog: pytest.LogCaptureFixture
    ) -> None:
        Path(environment["WEBAPP_INSTANCE_PATH"], "metrics").write_text("in the way")
        assert app.test_client().get("/login").status_code == 200
        for _ in range(3):
            services_of(app).metrics.write()
        assert app.test_client().get("/metrics").status_code == 503
        assert caplog.text.count("can't be written") == 1

    def test_each_writes_by_itself(self, app: Flask, environment: dict[str, str]) -> None:
        app.test_client().get("/login")
        metrics = Path(environment["WEBAPP_INSTANCE_PATH"], "metrics")
        wait_until(lambda: list(metrics.glob("*/*-*.json")) != [])


@pytest.fixture
def two_workers(environment: dict[str, str]) -> Iterator[str]:
    """A real server's address."""
    port = str(free_port())
    command = ["-m", "granian", "--interface", "wsgi", "--http", "1", "--workers", "2"]
    command += ["--port", port, "app:app"]
    server = subprocess.Popen(
        [sys.executable, *command],
        cwd=ROOT,
        env=os.environ | environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    yield f"http://127.0.0.1:{port}"
    server.terminate()
    server.wait()


@pytest.mark.thorough("processes")
def test_each_of_two_real_workers_tells_what_both_have_counted(two_workers: str) -> None:
    wait_until(lambda: fetch(f"{two_workers}/healthz"), timeout=60)
    asked = 0

    def both_have_answered() -> bool:
        nonlocal asked
        asked += bool(fetch(f"{two_workers}/robots.txt"))
        return numbers_in(fetch(f"{two_workers}/metrics"))["workers"] == 2

    wait_until(both_have_answered, timeout=60)
    group = "request_seconds_count group=pages method=GET status=2xx"

    def each_counts_all() -> bool:
        seen = [numbers_in(fetch(f"{two_workers}/metrics")) for _ in range(10)]
        return {each.get(group) for each in seen} == {asked}

    wait_until(each_counts_all)  # as soon as each has written what it counted


def fetch(url: str) -> str:
    """Over a new connection, which may come to the other worker."""
    try:
        with urlopen(url, timeout=10) as answer:
            return str(answer.read().decode())
    except OSError:
        return ""


def ask_and_leave(app: Flask, requests: int) -> Numbers:
    for _ in range(requests):
        app.test_client().get("/login")
    seen = metrics_of(app)
    services_of(app).metrics.write()
    return seen


def in_a_worker(work: Callable[[], Numbers]) -> Numbers:
    """What it returns in a child of this process."""
    out, into = os.pipe()
    worker = os.fork()
    if not worker:
        try:
            os.write(into, repr(work()).encode())
        finally:
            os._exit(0)
    os.close(into)
    with os.fdopen(out) as pipe:
        found = pipe.read()
    os.waitpid(worker, 0)
    assert found, "the worker has failed"
    return eval(found)  # noqa: S307 - our own words
