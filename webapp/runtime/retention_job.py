"""The retention job: runs in the background after a sign-in, on one worker, once an hour."""

import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress

from webapp.core.errors import Unavailable
from webapp.core.retention import Removed, RetentionPolicy

from .background import BackgroundQueue

# Seconds between two runs, on all workers.
RUN_INTERVAL = 3600
# Seconds between two checks of one worker: well below an hour, so that it doesn't become two.
CHECK_INTERVAL = 600
# Seconds between two batches, so that other writers get their turn.
PAUSE = 0.05
TASK_NAME = "tidying"

log = logging.getLogger(__name__)


class RetentionJob:
    def __init__(
        self,
        policy: RetentionPolicy,
        acquire_lock: Callable[[int], bool],
        background: BackgroundQueue,
        now: Callable[[], float],
    ) -> None:
        """`acquire_lock` takes the lock for that many seconds; False if another worker has it."""
        self._policy = policy
        self._acquire_lock = acquire_lock
        self._background = background
        self._now = now
        self._lock = threading.Lock()
        self._next_check = 0.0

    def schedule(self) -> None:
        """Queue the job if it is due. Never raises or waits: it can run an hour later as well."""
        with self._lock:
            if time.monotonic() < self._next_check:
                return
            self._next_check = time.monotonic() + CHECK_INTERVAL
        with suppress(Unavailable):
            self._background.run(self._begin, TASK_NAME)

    def finish_ends(self) -> None:
        """Queue the remaining ends of sessions. Never raises: the job does the same every hour."""
        with suppress(Unavailable):
            self._background.run(self._finish_ends, "the end of sessions")

    def _finish_ends(self) -> None:
        if self._policy.finish_ends(self._now()):
            time.sleep(PAUSE)
            self.finish_ends()

    def _begin(self) -> None:
        with suppress(Unavailable):
            if self._acquire_lock(RUN_INTERVAL):
                self._purge(Removed())

    def _purge(self, before: Removed) -> None:
        """Delete a batch, and queue the next one behind the tasks that wait meanwhile."""
        removed = before + self._policy.purge_batch(self._now())
        if removed.more:
            time.sleep(PAUSE)
            self._background.run(lambda: self._continue(removed), TASK_NAME)
        elif removed != Removed():
            counts = (removed.sessions, removed.events, removed.accounts)
            log.info("removed rows: sessions=%d events=%d accounts=%d", *counts)

    def _continue(self, before: Removed) -> None:
        with suppress(Unavailable):
            self._purge(before)
