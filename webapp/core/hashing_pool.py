"""The hashing pool: a few threads of low priority with a short queue.

A hash takes a core for a third of a second. Without a limit, many sign-ins at once would take all
cores and threads, and signed-in users would have to wait as well (OWASP Password Storage Cheat
Sheet on denial of service).

Fair queueing: the account with the fewest places is served first. When the queue is full, the
account (then the IP) with the most places loses one to a newcomer with fewer. So one account that
signs in all the time, or one machine with many accounts, keeps no other one out.
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

# Places to wait for a thread. More: waiting requests hold more of the server's threads. Fewer:
# requests are refused sooner.
QUEUE = 6
LOWEST_PRIORITY = 19


@dataclass(frozen=True, eq=False)
class Place:
    """One hash in the pool, waiting or running."""

    account: str
    ip: str
    work: Callable[[], Any]
    future: "Future[Any]" = field(default_factory=Future)


class HashingPool:
    """A thread for each core, and `queue` places to wait for one."""

    def __init__(self, queue: int = QUEUE) -> None:
        self._threads = os.cpu_count() or 1
        self._room = self._threads + queue
        self.reset_after_fork()
        _pools.add(self)

    def reset_after_fork(self) -> None:
        """Start without threads and places: threads do not survive a fork."""
        self._lock = threading.Lock()
        self._places: list[Place] = []
        self._refused = 0
        self._executor = ThreadPoolExecutor(
            self._threads, "hashing", initializer=lower_thread_priority
        )

    def run(self, work: Callable[[], T], account: str = "", ip: str = "") -> T:
        """The result of `work`. Raises Overloaded: full, or the place was given away."""
        with self._lock:
            if len(self._places) == self._room:
                self._refused += 1
                self._make_room(account, ip)
            else:
                self._executor.submit(self._serve)
            place = Place(account, ip, work)
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
        """Run the work of one place. It is submitted once for each place."""
        with self._lock:
            waiting = [
                each for each in self._places if not (each.future.running() or each.future.done())
            ]
            place = min(waiting, key=lambda each: self._held_by(each)[0])
            place.future.set_running_or_notify_cancel()
        try:
            place.future.set_result(place.work())
        except BaseException as error:  # raised by `run`
            place.future.set_exception(error)

    def _make_room(self, account: str, ip: str) -> None:
        """Cancel the latest waiting place of the account with the most places.

        Raises Overloaded if none has more places than the newcomer would have.
        """
        account_places, ip_places = self._held(account, ip)
        newcomer = account_places + 1, ip_places + 1
        for place in sorted(self._places, key=self._held_by)[::-1]:
            if self._held_by(place) <= newcomer:
                break
            if place.future.cancel():
                self._places.remove(place)
                return
        raise Overloaded

    def _held_by(self, place: Place) -> tuple[int, int]:
        return self._held(place.account, place.ip)

    def _held(self, account: str, ip: str) -> tuple[int, int]:
        """The number of places of an account and of an IP."""
        accounts = sum(place.account == account for place in self._places)
        return accounts, sum(place.ip == ip for place in self._places)

    @property
    def waiting(self) -> int:
        """The number of places without a thread."""
        return max(0, len(self._places) - self._threads)

    @property
    def refused(self) -> int:
        """The number of refused hashes in this process."""
        return self._refused


def lower_thread_priority() -> None:
    """Give requests priority over hashes. Works on Linux only: there threads have priorities."""
    with suppress(OSError, AttributeError):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), LOWEST_PRIORITY)


_pools: "WeakSet[HashingPool]" = WeakSet()


def _reset_all_after_fork() -> None:
    for pool in _pools:
        pool.reset_after_fork()


os.register_at_fork(after_in_child=_reset_all_after_fork)
