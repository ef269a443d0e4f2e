"""Limits on estimates of password strength: one at a time, with a CPU budget for the meter.

zxcvbn is pure Python: it slows down all other requests of the process. The slowest password of some
thousands took a sixth of a second. Forms wait in a short queue. The meter never waits, and has a
fixed share of the CPU: many requests for it slow the others down by no more than that.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from .errors import Overloaded

# Forms that may wait. More: they hold more of the threads that all requests need.
QUEUE = 3
# The meter's CPU seconds per second, and the largest budget that can accumulate. More: a flood of
# requests slows pages down more. Less: fewer users see the meter move while they type.
SHARE, SAVINGS = 0.1, 0.5
# The largest charge for one estimate, in CPU seconds: the first one also loads the word lists.
MAX_CHARGE = 0.25


class Estimates:
    """A lock with a queue. `clock` returns seconds, `cpu` the CPU seconds of this thread."""

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        cpu: Callable[[], float] = time.thread_time,
    ) -> None:
        self._clock = clock
        self._cpu = cpu
        self._room = threading.Semaphore(1 + QUEUE)
        self._turn = threading.Lock()
        self._budget = SAVINGS
        self._counted_at = clock()

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Hold the lock for a form, after waiting for it. Raises Overloaded."""
        if not self._room.acquire(blocking=False):
            raise Overloaded
        try:
            with self._turn:
                yield
        finally:
            self._room.release()

    @contextmanager
    def spare_turn(self) -> Iterator[None]:
        """Hold the lock for the meter, if it is free and budget is left. Raises Overloaded."""
        if not self._turn.acquire(blocking=False):
            raise Overloaded
        try:
            now = self._clock()
            self._budget = min(SAVINGS, self._budget + SHARE * (now - self._counted_at))
            self._counted_at = now
            if self._budget <= 0:
                raise Overloaded
            began = self._cpu()
            try:
                yield
            finally:
                self._budget -= min(MAX_CHARGE, self._cpu() - began)
        finally:
            self._turn.release()
