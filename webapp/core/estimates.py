"""Turns at estimating the strength of a password: one at a time, and few for the meter.

zxcvbn is pure Python: while it computes it slows down all other requests of the process. The worst
password of some thousands took a sixth of a second. Forms wait for their turn, a few at a time. The
meter never waits, and has a share of the time: a flood of it slows the others down by no more.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from .errors import Overloaded

# Forms that may wait. More: they hold more of the places that all requests need.
QUEUE = 3
# Seconds of CPU in each second that the meter may use, and how many it may have saved up. More: a
# flood slows pages down more. Less: fewer people see the meter move while they type.
SHARE, SAVINGS = 0.1, 0.5
# Seconds of CPU that one estimate is charged at most: the first one also loads the word lists.
LONGEST = 0.25


class Estimates:
    """Turns. `clock` tells seconds, `cpu` the seconds of CPU that this thread has used."""

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
        """For a form, after those before it. Raises Busy."""
        if not self._room.acquire(blocking=False):
            raise Overloaded
        try:
            with self._turn:
                yield
        finally:
            self._room.release()

    @contextmanager
    def spare_turn(self) -> Iterator[None]:
        """For the meter, if nobody else computes and its share is not used up. Raises Busy."""
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
                self._budget -= min(LONGEST, self._cpu() - began)
        finally:
            self._turn.release()
