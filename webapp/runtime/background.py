"""Background queue for tasks such as mail, so that response times do not reveal them.

One thread in each worker runs the tasks in order. It exists only while there are tasks.
"""

import heapq
import itertools
import logging
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.util import Finalize
from weakref import WeakSet

from flask import Flask, g

from webapp.core.errors import Unavailable

from .log_format import format_frames
from .request_id import request_id

MAX_TASKS = 1000
# Seconds before the second and the third attempt.
RETRY_DELAYS = (1.0, 10.0)
# Seconds that a stopping worker waits for the remaining tasks.
SHUTDOWN_TIMEOUT = 5.0

log = logging.getLogger(__name__)


@dataclass(order=True)
class Task:
    due: float
    number: int
    job: Callable[[], None] = field(compare=False)
    name: str = field(compare=False)
    request_id: str = field(compare=False)
    attempts: int = field(default=0, compare=False)


class BackgroundQueue:
    def __init__(self, app: Flask, retry_delays: Sequence[float] = RETRY_DELAYS) -> None:
        self._app = app
        self._retry_delays = retry_delays
        self.reset_after_fork()
        _queues.add(self)

    def reset_after_fork(self) -> None:
        """Start with an empty queue: after a fork, the parent still runs its tasks."""
        self._changed = threading.Condition()
        self._tasks: list[Task] = []
        self._numbers = itertools.count()
        self._busy = False
        self._lost = 0

    @property
    def waiting(self) -> int:
        """The number of queued tasks, without the running one."""
        return len(self._tasks)

    @property
    def lost(self) -> int:
        """The number of tasks that failed or were refused in this process."""
        return self._lost

    def run(self, job: Callable[[], None], name: str) -> None:
        """Queue a job. It runs up to three times while it raises Unavailable.

        `name` is for the log, so it must hold no e-mail. Raises Unavailable if the queue is full.
        """
        with self._changed:
            if len(self._tasks) >= MAX_TASKS:
                self._lost += 1
                raise Unavailable
            task = Task(time.monotonic(), next(self._numbers), job, name, request_id())
            heapq.heappush(self._tasks, task)
            self._changed.notify_all()
            if not self._busy:
                self._start()

    def finish(self, timeout: float) -> bool:
        """Wait until all tasks are done, for at most `timeout` seconds; whether they are."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._busy, timeout)

    def _start(self) -> None:
        threading.Thread(target=self._work, name="background", daemon=True).start()
        self._busy = True
        # Not `atexit`: workers that multiprocessing starts, as Granian's, do not run that.
        self._finalizer = Finalize(None, self.finish, args=(SHUTDOWN_TIMEOUT,), exitpriority=0)

    def _work(self) -> None:
        while task := self._next():
            with self._context(task):
                self._run_task(task)

    def _next(self) -> Task | None:
        with self._changed:
            while self._tasks:
                wait = self._tasks[0].due - time.monotonic()
                if wait <= 0:
                    return heapq.heappop(self._tasks)
                self._changed.wait(wait)
            self._busy = False
            self._finalizer.cancel()
            self._changed.notify_all()
            return None

    def _run_task(self, task: Task) -> None:
        try:
            with self._context(task):  # a context of its own: closing it may fail as well
                task.job()
        except Unavailable as error:
            self._retry(task, error)
        except Exception as error:
            # Frames without the message, which could hold an e-mail.
            log.error("%s: %s\n%s", task.name, type(error).__name__, format_frames(error))
            self._lose()

    def _retry(self, task: Task, error: Exception) -> None:
        if task.attempts == len(self._retry_delays):
            log.error("%s: %s; given up", task.name, error)
            self._lose()
            return
        wait = self._retry_delays[task.attempts]
        log.warning("%s: %s; once more in %g s", task.name, error, wait)
        task.due, task.attempts = time.monotonic() + wait, task.attempts + 1
        with self._changed:
            heapq.heappush(self._tasks, task)

    def _lose(self) -> None:
        with self._changed:
            self._lost += 1

    @contextmanager
    def _context(self, task: Task) -> Iterator[None]:
        """App context with a database session, and the request id for the log."""
        with self._app.app_context():
            g.request_id = task.request_id
            yield


_queues: "WeakSet[BackgroundQueue]" = WeakSet()


def _reset_all_after_fork() -> None:
    for background in _queues:
        background.reset_after_fork()


os.register_at_fork(after_in_child=_reset_all_after_fork)
