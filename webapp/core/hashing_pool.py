"""Where passwords are hashed: a few threads of low priority, and a short queue before them.

A hash takes a core for a third of a second. Without bounds a rush of logins takes
all cores and all threads, and everybody who is signed in waits with those who are
signing in (OWASP Password Storage Cheat Sheet on denial of service).

The account with the fewest places is served first. When the queue is full, places are shared out by
account and then by address (an IP): the one that holds most of them gives one up to a newcomer that
holds fewer. So one account that signs in all the time, or one machine with many accounts, keeps no
other one out.
"""

import os
import threading
from collections.abc import Callable
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, TypeVar
from weakref import WeakSet

from .errors import Overloaded

T = TypeVar("T")

# How many may wait for a thread. More: a rush waits longer and holds more of the server's
# threads. Fewer: it is sooner asked to come back.
QUEUE = 6
LOWEST_PRIORITY = 19


@dataclass(frozen=True, eq=False)
class Place:
    """Of one password in the pool, waiting or being hashed."""

    account: str
    ip: str
    work: Callable[[], Any]
    future: "Future[Any]" = field(default_factory=Future)


class HashingPool:
    """As many threads as there are cores, and `queue` places to wait for one."""

    def __init__(self, queue: int = QUEUE) -> None:
        self._threads = os.cpu_count() or 1
        self._room = self._threads + queue
        self.reset_after_fork()
        _pools.add(self)

    def reset_after_fork(self) -> None:
        """Without threads: they don't survive a fork."""
        self._lock = threading.Lock()
        self._places: list[Place] = []
        self._refused = 0
        self._executor = ThreadPoolExecutor(
            self._threads, "hashing", initializer=lower_thread_priority
        )

    def run(self, work: Callable[[], T], account: str = "", address: str = "") -> T:
        """The result, after waiting for it. Raises Busy: full, or the place went to another one."""
        with self._lock:
            if len(self._places) == self._room:
                self._refused += 1
                self._make_room(account, address)
            else:
                self._executor.submit(self._serve)
            place = Place(account, address, work)
            self._places.append(place)
        try:
            result: T = place.future.result()
            return result
        except CancelledError:
            raise Overloaded from None
        finally:
            with self._lock, suppress(ValueError):
                self._places.remove(place)

    def _serve(self) -> None:
        """One place. There are as many calls of this as places that wait."""
        with self._lock:
            waiting = [
                each for each in self._places if not (each.future.running() or each.future.done())
            ]
            place = min(waiting, key=lambda each: self._held_by(each)[0])
            place.future.set_running_or_notify_cancel()
        try:
            place.future.set_result(place.work())
        except BaseException as error:  # raised where it is waited for
            place.future.set_exception(error)

    def _make_room(self, account: str, address: str) -> None:
        """The latest place of the one that holds most, if it still waits for its thread.

        Raises Busy if none holds more than the newcomer would.
        """
        account_places, address_places = self._held(account, address)
        newcomer = account_places + 1, address_places + 1
        for place in sorted(self._places, key=self._held_by)[::-1]:
            if self._held_by(place) <= newcomer:
                break
            if place.future.cancel():
                self._places.remove(place)
                return
        raise Overloaded

    def _held_by(self, place: Place) -> tuple[int, int]:
        return self._held(place.account, place.ip)

    def _held(self, account: str, address: str) -> tuple[int, int]:
        """How many places an account and an address have."""
        accounts = sum(place.account == account for place in self._places)
        return accounts, sum(place.ip == address for place in self._places)

    @property
    def waiting(self) -> int:
        """How many have no thread yet."""
        return max(0, len(self._places) - self._threads)

    @property
    def refused(self) -> int:
        """How many were, in this process."""
        return self._refused


def lower_thread_priority() -> None:
    """Hash with what the others leave. Linux knows a priority for each thread, macOS does not."""
    with suppress(OSError, AttributeError):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), LOWEST_PRIORITY)


_pools: "WeakSet[HashingPool]" = WeakSet()


def _start_over_everywhere() -> None:
    for pool in _pools:
        pool.reset_after_fork()


os.register_at_fork(after_in_child=_start_over_everywhere)
