"""Where passwords are hashed: a few threads of low priority, and a short queue before them.

A hash takes a core for a third of a second. Without bounds a rush of logins takes
all cores and all threads, and everybody who is signed in waits with those who are
signing in (OWASP Password Storage Cheat Sheet on denial of service).
"""

import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TypeVar
from weakref import WeakSet

from .errors import Busy

T = TypeVar("T")

# How many may wait for a thread. More: a rush waits longer and holds more of the server's
# threads. Fewer: it is sooner asked to come back.
QUEUE = 6
LOWEST_PRIORITY = 19


class HashingPool:
    """As many threads as there are cores; whoever finds queue and threads full is refused."""

    def __init__(self, queue: int = QUEUE) -> None:
        self._threads = os.cpu_count() or 1
        self._room = self._threads + queue
        self.start_over()
        _pools.add(self)

    def start_over(self) -> None:
        """Without threads: they don't survive a fork."""
        self._lock = threading.Lock()
        self._inside = 0
        self._refused = 0
        self._executor = ThreadPoolExecutor(self._threads, "hashing", initializer=give_way)

    def run(self, work: Callable[[], T]) -> T:
        """The result, after waiting for it. Raises Busy."""
        with self._lock:
            if self._inside == self._room:
                self._refused += 1
                raise Busy
            self._inside += 1
        try:
            return self._executor.submit(work).result()
        finally:
            with self._lock:
                self._inside -= 1

    @property
    def waiting(self) -> int:
        """How many have no thread yet."""
        return max(0, self._inside - self._threads)

    @property
    def refused(self) -> int:
        """How many were, in this process."""
        return self._refused


def give_way() -> None:
    """Hash with what the others leave. Linux knows a priority for each thread, macOS does not."""
    with suppress(OSError, AttributeError):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), LOWEST_PRIORITY)


_pools: "WeakSet[HashingPool]" = WeakSet()


def _start_over_everywhere() -> None:
    for pool in _pools:
        pool.start_over()


os.register_at_fork(after_in_child=_start_over_everywhere)
