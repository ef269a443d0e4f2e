"""Clean-up is started by a sign-in, and done when nobody waits: by one worker, once an hour."""

import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress

from webapp.core.errors import Unavailable
from webapp.core.retention import Removed, RetentionPolicy

from .background import BackgroundQueue

# Seconds.
EVERY = 3600
# Seconds between two questions of one worker: fewer, so that an hour doesn't become two.
ASK_EVERY = 600
# Seconds between two batches: others have something to write as well.
PAUSE = 0.05
WHAT = "tidying"

log = logging.getLogger(__name__)


class RetentionJob:
    def __init__(
        self,
        tidying: RetentionPolicy,
        take_turn: Callable[[int], bool],
        background: BackgroundQueue,
        now: Callable[[], float],
    ) -> None:
        """`take_turn` is asked whether no other worker has done it for so many seconds."""
        self._policy = tidying
        self._acquire_lock = take_turn
        self._background = background
        self._now = now
        self._lock = threading.Lock()
        self._asks_again = 0.0

    def schedule(self) -> None:
        """Never fails and never waits: what is left can go an hour later as well."""
        with self._lock:
            if time.monotonic() < self._asks_again:
                return
            self._asks_again = time.monotonic() + ASK_EVERY
        with suppress(Unavailable):
            self._background.run(self._begin, WHAT)

    def finish_ends(self) -> None:
        """At once, by this worker. Never fails: what can't be done now is done within an hour."""
        with suppress(Unavailable):
            self._background.run(self._finish_ends, "the end of sessions")

    def _finish_ends(self) -> None:
        if self._policy.finish_ends(self._now()):
            time.sleep(PAUSE)
            self.finish_ends()

    def _begin(self) -> None:
        with suppress(Unavailable):
            if self._acquire_lock(EVERY):
                self._go_on(Removed())

    def _go_on(self, before: Removed) -> None:
        """A batch, and the next one behind the letters that wait meanwhile."""
        removed = before + self._policy.purge_batch(self._now())
        if removed.more:
            time.sleep(PAUSE)
            self._background.run(lambda: self._continue(removed), WHAT)
        elif removed != Removed():
            counts = (removed.sessions, removed.events, removed.accounts)
            log.info("removed rows: sessions=%d events=%d accounts=%d", *counts)

    def _continue(self, before: Removed) -> None:
        with suppress(Unavailable):
            self._go_on(before)
