"""Limits for bodies that still arrive: how many, how many from one IP address, how long.

Granian has no time limit for a body, and a thread that waits in `read` can't be called back: when
the request is answered meanwhile, Granian waits for that read and stops the whole process. What
does end the read is the end of its connection (seen with Granian 2.8.7).
"""

import os
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

# Waited for at the same time. A server with more threads has one for each request that is whole.
MAX_BUFFERING = 448
# An address may take another place while it holds fewer than TIMES_FREE times the free ones (as
# routers share buffers: Choudhury and Hahne, "Dynamic Queue Length Thresholds"). One alone can hold
# 408 of 448. More: fewer than four can fill it. Less: an office behind one address gets fewer.
TIMES_FREE = 10
# Seconds after which a body is late; LATE_WHEN_FULL while all places are taken.
LATE, LATE_WHEN_FULL = 30.0, 5.0
# Seconds that the client of a late body may send nothing.
SILENT = 5.0
# Seconds between two looks at all connections.
PAUSE = 1.0

# `tcpi_last_data_recv` in Linux' struct tcp_info, in ms.
LAST_DATA = struct.Struct("=52xI")


class Peer(NamedTuple):
    """The other end of a connection to a port of ours."""

    address: str
    port: int


class BufferLimit:
    def __init__(
        self,
        total: int = MAX_BUFFERING,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._total = total
        self._clock = clock
        self._lock = threading.Lock()
        # Oldest first: since when, and from where if it is a connection to ourselves.
        self._waiting: dict[object, tuple[float, Peer | None]] = {}
        self._by_address: Counter[str] = Counter()
        self._looks_again = 0.0

    def acquire(self, address: str, peer: Peer | None) -> object | None:
        """Take a place; None if all are taken.

        An empty `address` is not known, and not limited. When the body is late, connections of
        `peer` are ended.
        """
        self._hang_up_on_the_late(LATE)
        place = self._enter(address, peer)
        if place is None:  # but for who asks again
            self._hang_up_on_the_late(LATE_WHEN_FULL)
        return place

    def _enter(self, address: str, peer: Peer | None) -> object | None:
        with self._lock:
            free = self._total - len(self._waiting)
            if not free or (address and self._by_address[address] >= TIMES_FREE * free):
                return None
            place = object()
            self._waiting[place] = self._clock(), peer
            self._by_address[address] += 1
            return place

    def release(self, place: object, address: str) -> None:
        with self._lock:
            del self._waiting[place]
            self._by_address[address] -= 1
            if not self._by_address[address]:
                del self._by_address[address]

    def all_held_for(self, seconds: float) -> bool:
        """Whether all are taken, and by the same bodies for so long."""
        with self._lock:
            if len(self._waiting) < self._total:
                return False
            newest, _ = next(reversed(self._waiting.values()))
            return newest <= self._clock() - seconds

    def _hang_up_on_the_late(self, after: float) -> None:
        """Close late connections. Called when a body arrives: before that they harm no client."""
        now = self._clock()
        with self._lock:
            if now < self._looks_again:
                return
            late = {peer for since, peer in self._waiting.values() if since <= now - after and peer}
            if late:
                self._looks_again = now + PAUSE
        if late:
            hang_up_on_the_silent(late)


def hang_up_on_the_silent(peers: set[Peer]) -> None:
    """Granian does not say which connection has the late body; silent ones lose nothing.

    On Linux alone: elsewhere a body may take as long as it likes.
    """
    for connection in own_sockets():
        with connection, suppress(OSError):
            if connection.family not in (socket.AF_INET, socket.AF_INET6):
                continue
            peer = Peer(connection.getpeername()[0], connection.getsockname()[1])
            if peer in peers and silent_for(connection) >= SILENT:
                connection.shutdown(socket.SHUT_RDWR)


def own_sockets() -> Iterator[socket.socket]:
    """Each a copy, to be closed: the number of the server's own may be another file's by then."""
    with suppress(OSError):
        for file in Path("/proc/self/fd").iterdir():
            with suppress(OSError):
                copy = os.dup(int(file.name))
                try:
                    yield socket.socket(fileno=copy)
                except OSError:
                    os.close(copy)  # it is no socket


def silent_for(connection: socket.socket) -> float:
    """Seconds since the last data came."""
    info = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, LAST_DATA.size)
    milliseconds: int = LAST_DATA.unpack(info)[0]
    return milliseconds / 1000
