"""Background work: no answer waits for it, and it gets done."""

import logging
import multiprocessing
import os
import threading
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask, g, has_app_context

from tests.support.servers import serving, wait_until
from webapp.core.errors import Unavailable
from webapp.mail.transport import MailFailed
from webapp.runtime.background import MAX_TASKS, BackgroundQueue

SOON = 5.0  # seconds that a test waits for what takes none


@pytest.fixture
def app() -> Flask:
    return Flask("webapp")


@pytest.fixture
def background(app: Flask) -> BackgroundQueue:
    return BackgroundQueue(app, retry_delays=(0, 0))


class Job:
    """Raises what it is given, one after the other; then it succeeds."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.runs = 0

    def __call__(self) -> None:
        self.runs += 1
        if self.errors:
            raise self.errors.pop(0)


@pytest.fixture
def patient(app: Flask) -> Iterator[BackgroundQueue]:
    """It waits for an hour before a second try."""
    background = BackgroundQueue(app, retry_delays=(3600,))
    yield background
    with background._changed:
        background._tasks.clear()
        background._changed.notify_all()
    assert background.finish(SOON)


@pytest.fixture
def blocked(background: BackgroundQueue) -> Iterator[threading.Event]:
    """The thread is busy until the test lets it go."""
    begun, let_go = threading.Event(), threading.Event()

    def job() -> None:
        begun.set()
        let_go.wait(SOON)

    background.run(job, "blocking")
    assert begun.wait(SOON)
    yield let_go
    let_go.set()
    assert background.finish(SOON)


def test_an_answer_does_not_wait_for_it(app: Flask, background: BackgroundQueue) -> None:
    answered, order = threading.Event(), []

    def job() -> None:
        assert answered.wait(SOON)
        order.append("job")

    @app.get("/")
    def view() -> str:
        background.run(job, "a job")
        return "done"

    with serving(app) as address, urllib.request.urlopen(address) as answer:
        order.append(answer.read().decode())
        answered.set()
        assert background.finish(SOON)
    assert order == ["done", "job"]


def test_jobs_are_done_in_the_order_in_which_they_came(background: BackgroundQueue) -> None:
    done: list[int] = []
    for number in range(50):
        background.run(lambda number=number: done.append(number), "counting")
    assert background.finish(SOON)
    assert done == list(range(50))


def test_there_is_no_thread_when_there_is_nothing_to_do(background: BackgroundQueue) -> None:
    background.run(Job(), "a job")
    assert background.finish(SOON)
    wait_until(lambda: "background" not in {thread.name for thread in threading.enumerate()})
    again = Job()
    background.run(again, "another job")
    assert background.finish(SOON)
    assert again.runs == 1


def test_each_job_has_an_app_context_of_its_own_that_is_closed(
    app: Flask, background: BackgroundQueue
) -> None:
    """So it has its own database session, and gives the connection back."""
    seen: list[str] = []

    def job() -> None:
        seen.append(g.get("mark", "fresh"))
        g.mark = "used"

    app.teardown_appcontext(lambda _: seen.append("closed") if "mark" in g else None)
    for _ in range(2):
        background.run(job, "a job")
    assert background.finish(SOON)
    assert seen == ["fresh", "closed"] * 2


def test_a_job_keeps_the_name_of_its_request(app: Flask, background: BackgroundQueue) -> None:
    names: list[str] = []
    with app.app_context():
        g.request_id = "request-7"
        background.run(lambda: names.append(g.request_id), "a job")
    background.run(lambda: names.append(g.request_id), "a job")
    assert background.finish(SOON)
    assert names == ["request-7", "-"]


class TestFailure:
    @pytest.mark.parametrize("error", [Unavailable(), MailFailed("answered 451")])
    def test_an_outage_is_tried_three_times_in_all(
        self, background: BackgroundQueue, error: Exception
    ) -> None:
        mended, hopeless = Job(error, error), Job(error, error, error, error)
        background.run(mended, "a letter")
        background.run(hopeless, "a letter")
        assert background.finish(SOON)
        assert (mended.runs, mended.errors) == (3, [])
        assert hopeless.runs == 3

    def test_the_waits_grow_and_the_log_tells_of_each(
        self, app: Flask, caplog: pytest.LogCaptureFixture
    ) -> None:
        background = BackgroundQueue(app, retry_delays=(0, 0.001))
        background.run(Job(*[MailFailed("answered 451")] * 3), "a letter")
        assert background.finish(SOON)
        assert caplog.messages == [
            "a letter: answered 451; once more in 0 s",
            "a letter: answered 451; once more in 0.001 s",
            "a letter: answered 451; given up",
        ]

    def test_others_do_not_wait_behind_one_that_waits(self, patient: BackgroundQueue) -> None:
        failing = Job(MailFailed("answered 451"))
        patient.run(failing, "a letter")
        for what in ("another", "one that comes while the thread waits"):
            done = threading.Event()
            patient.run(done.set, what)
            assert done.wait(SOON)
        assert failing.runs == 1

    def test_finish_says_when_something_is_left(self, patient: BackgroundQueue) -> None:
        patient.run(Job(MailFailed("answered 451")), "a letter")
        assert not patient.finish(0.05)

    def test_any_other_failure_is_logged_once_and_the_next_job_is_done(
        self, background: BackgroundQueue, caplog: pytest.LogCaptureFixture
    ) -> None:
        broken, next_one = Job(KeyError("ada@example.com")), Job()
        background.run(broken, "a letter")
        background.run(next_one, "the next")
        assert background.finish(SOON)
        assert (broken.runs, next_one.runs) == (1, 1)
        (message,) = caplog.messages
        assert message.startswith("a letter: KeyError\n")
        assert "in __call__" in message

    def test_the_log_holds_the_request_and_no_address(
        self, app: Flask, background: BackgroundQueue, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.handler.addFilter(name_request)
        with app.app_context():
            g.request_id = "request-7"
            background.run(Job(ValueError("ada@example.com")), "a letter")
        assert background.finish(SOON)
        (record,) = caplog.records
        assert record.request_id == "request-7"
        assert "ada@" not in caplog.text

    def test_a_context_that_fails_to_close_does_not_stop_the_next_job(
        self, app: Flask, background: BackgroundQueue
    ) -> None:
        def fail_once(_: object) -> None:
            if g.pop("broken", False):
                raise RuntimeError

        app.teardown_appcontext(fail_once)
        background.run(lambda: setattr(g, "broken", True), "breaking")
        next_one = Job()
        background.run(next_one, "the next")
        assert background.finish(SOON)
        assert next_one.runs == 1

    def test_when_too_much_is_waiting_no_more_is_taken(
        self, background: BackgroundQueue, blocked: threading.Event
    ) -> None:
        jobs = [Job() for _ in range(MAX_TASKS)]
        for job in jobs:
            background.run(job, "a job")
        with pytest.raises(Unavailable):
            background.run(Job(), "one too many")
        blocked.set()
        assert background.finish(SOON)
        assert {job.runs for job in jobs} == {1}
        background.run(Job(), "there is room again")


# Python 3.12 and newer warn of forks beside threads: those are what is tested here.
@pytest.mark.filterwarnings("ignore:This process.*multi-threaded:DeprecationWarning")
class TestProcesses:
    def test_a_forked_child_does_its_own_work_and_none_of_its_parents(
        self, background: BackgroundQueue, blocked: threading.Event, tmp_path: Path
    ) -> None:
        background.run(writing(tmp_path / "parents"), "the parent's")
        child = os.fork()
        if not child:
            background.run(writing(tmp_path / "childs"), "the child's")
            os._exit(0 if background.finish(SOON) else 1)
        assert os.waitpid(child, 0)[1] == 0
        assert (tmp_path / "childs").read_text() == str(child)
        blocked.set()
        assert background.finish(SOON)
        assert (tmp_path / "parents").read_text() == str(os.getpid())

    @pytest.mark.parametrize("method", ["fork", "spawn"])
    def test_a_worker_that_stops_does_what_is_left(self, method: str, tmp_path: Path) -> None:
        """Granian's workers are multiprocessing's, which pass `atexit` over when forked."""
        worker = multiprocessing.get_context(method).Process(
            target=queue_and_leave, args=(tmp_path / "done",)
        )
        worker.start()
        worker.join()
        assert worker.exitcode == 0
        assert (tmp_path / "done").read_text() == str(worker.pid)


def queue_and_leave(path: Path) -> None:
    """The job is still waiting for its second try when the process ends."""
    background = BackgroundQueue(Flask("webapp"), retry_delays=(0.2,))
    tries = Job(MailFailed("answered 451"))

    def job() -> None:
        tries()
        writing(path)()

    background.run(job, "a letter")


def writing(path: Path) -> Callable[[], None]:
    return lambda: path.write_text(str(os.getpid())) and None


def name_request(record: logging.LogRecord) -> bool:
    """As `runtime/request_id.py` does it."""
    record.request_id = g.get("request_id", "-") if has_app_context() else "-"
    return True
