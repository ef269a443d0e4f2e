"""Work that no answer waits for, such as letters: nobody is to read from its time what it was.

One thread in each worker does it, in order, and is there only while there is something to do.
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

ROOM = 1000
# Seconds before the second and the third try.
WAITS = (1.0, 10.0)
# Seconds that a worker which is to stop has for what is left.
LEAVING_TIME = 5.0

log = logging.getLogger(__name__)


@dataclass(order=True)
class Task:
    due: float
    number: int
    job: Callable[[], None] = field(compare=False)
    what: str = field(compare=False)
    request_id: str = field(compare=False)
    tries: int = field(default=0, compare=False)


class BackgroundQueue:
    def __init__(self, app: Flask, waits: Sequence[float] = WAITS) -> None:
        self._app = app
        self._waits = waits
        self.reset_after_fork()
        _everywhere.add(self)

    def reset_after_fork(self) -> None:
        """With nothing to do: after a fork, what was queued is still the parent's to do."""
        self._changed = threading.Condition()
        self._tasks: list[Task] = []
        self._numbers = itertools.count()
        self._busy = False
        self._lost = 0

    @property
    def waiting(self) -> int:
        """Tasks, the one that is being done not among them."""
        return len(self._tasks)

    @property
    def lost(self) -> int:
        """Tasks that were given up, or not taken, in this process."""
        return self._lost

    def run(self, job: Callable[[], None], what: str) -> None:
        """Do it soon, and up to three times while it raises Unavailable.

        `what` names it in the log, and nobody by their address. Raises Unavailable: too much is
        waiting already.
        """
        with self._changed:
            if len(self._tasks) >= ROOM:
                self._lost += 1
                raise Unavailable
            task = Task(time.monotonic(), next(self._numbers), job, what, request_id())
            heapq.heappush(self._tasks, task)
            self._changed.notify_all()
            if not self._busy:
                self._start()

    def finish(self, timeout: float) -> bool:
        """Wait until everything is done, for `timeout` seconds at most; whether it is."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._busy, timeout)

    def _start(self) -> None:
        threading.Thread(target=self._work, name="background", daemon=True).start()
        self._busy = True
        # Not `atexit`: a worker that multiprocessing has started, as Granian's, passes that over.
        self._leaving = Finalize(None, self.finish, args=(LEAVING_TIME,), exitpriority=0)

    def _work(self) -> None:
        while task := self._next():
            with self._context(task):
                self._try(task)

    def _next(self) -> Task | None:
        with self._changed:
            while self._tasks:
                wait = self._tasks[0].due - time.monotonic()
                if wait <= 0:
                    return heapq.heappop(self._tasks)
                self._changed.wait(wait)
            self._busy = False
            self._leaving.cancel()
            self._changed.notify_all()
            return None

    def _try(self, task: Task) -> None:
        try:
            with self._context(task):  # its own: closing it may fail as well
                task.job()
        except Unavailable as error:
            self._put_back(task, error)
        except Exception as error:
            # Where, and not what it said: that could hold an address.
            log.error("%s: %s\n%s", task.what, type(error).__name__, format_frames(error))
            self._lose()

    def _put_back(self, task: Task, error: Exception) -> None:
        if task.tries == len(self._waits):
            log.error("%s: %s; given up", task.what, error)
            self._lose()
            return
        wait = self._waits[task.tries]
        log.warning("%s: %s; once more in %g s", task.what, error, wait)
        task.due, task.tries = time.monotonic() + wait, task.tries + 1
        with self._changed:
            heapq.heappush(self._tasks, task)

    def _lose(self) -> None:
        with self._changed:
            self._lost += 1

    @contextmanager
    def _context(self, task: Task) -> Iterator[None]:
        """What a request has: its database session, and its name in the log."""
        with self._app.app_context():
            g.request_id = task.request_id
            yield


_everywhere: "WeakSet[BackgroundQueue]" = WeakSet()


def _start_over_everywhere() -> None:
    for background in _everywhere:
        background.reset_after_fork()


os.register_at_fork(after_in_child=_start_over_everywhere)
