"""The invalidation feed: one Redis stream that all workers read.

A thread reads it, started by the first use in each process. As long as it reads at least every
MAX_SILENCE seconds, no invalidation can have been missed. After a longer silence a new epoch
starts, which empties the token caches: it fails closed.

With several servers:
- A connection pool may silently continue with another server, after a failover or when a slot has
  moved. Invalidations that were not replicated would be missed. So the reader has a dedicated
  connection (dedicated_connection.py), and starts a new epoch whenever that ends.
- A master that is cut off from its replicas still answers, while they elect another one. So the
  replicas have to confirm the reader's probe.
- An acknowledged invalidation may be lost with its master. So each worker publishes its own ones
  of the last LOOK_BACK seconds again whenever its reader connects.
"""

import logging
import os
import threading
import time
import weakref
from collections import deque
from contextlib import suppress
from itertools import count
from typing import Any

import redis

from .client import dedicated_connection
from .dedicated_connection import DedicatedConnection

log = logging.getLogger(__name__)

STREAM = "doubts"
# The length of the stream, roughly. A worker that reads twice a second misses no entry.
MAX_ENTRIES = 10_000
PROBE = "{doubts}:probe"  # on the stream's own node
PROBE_TTL = 60  # seconds
TRIM_INTERVAL = 1  # second
# Seconds. A read returns after BLOCK without new entries. After MAX_SILENCE the token cache is not
# used: for so long an ended session could be accepted by a worker that has just lost Redis.
BLOCK = 0.2
MAX_SILENCE = 0.5
# Seconds. Longer than any commit: an invalidation is published before its change is committed.
LOOK_BACK = 10
# Seconds between attempts to reach Redis.
RETRY_INTERVAL = 0.2
# Invalidations that wait for Redis. Beyond it the oldest are dropped: SQL has the changes.
MAX_UNSENT = 10_000

_epochs = count()


class RedisInvalidationFeed:
    """Serves `core.ports.InvalidationFeed`."""

    def __init__(self, client: redis.Redis, invalidation_ttl: float) -> None:
        """`invalidation_ttl`: seconds, longer than the lifetime of an access token."""
        self._redis = client
        self._invalidation_ttl = invalidation_ttl
        self._invalidated_until: dict[str, float] = {}
        self._unsent: deque[str] = deque(maxlen=MAX_UNSENT)
        # Time and name of recent invalidations, which a failover may lose.
        self._sent: deque[tuple[float, str]] = deque(maxlen=MAX_UNSENT)
        self._lock = threading.Lock()
        self._reset_reader()

    def _reset_reader(self) -> None:
        """Start without a reader thread: threads do not survive a fork."""
        self._pid = 0
        self._connection: DedicatedConnection | None = None
        self._last_read_at = 0.0
        self._epoch = -1
        self._trimmed_at = 0.0

    @property
    def epoch(self) -> int:
        if self._pid != os.getpid():
            self._start_reader()
        return self._epoch if time.monotonic() - self._last_read_at < MAX_SILENCE else -1

    @property
    def silence(self) -> float | None:
        """Seconds since the last read; None if there was none in this process."""
        return time.monotonic() - self._last_read_at if self._last_read_at else None

    @property
    def is_current(self) -> bool:
        """Whether no invalidation can have been missed. Unlike `epoch`, starts no reader."""
        silence = self.silence
        return silence is not None and silence < MAX_SILENCE and self._epoch >= 0

    def is_invalidated(self, sid: str, user_id: str) -> bool:
        return sid in self._invalidated_until or user_id in self._invalidated_until

    @property
    def unsent(self) -> int:
        return len(self._unsent)

    def publish(self, name: str) -> bool:
        self._invalidate(name)
        try:
            self._send(name)
        except redis.RedisError as error:
            log.warning("invalidation not published, will be retried: %s", error)
            self._unsent.append(name)
            self._start_reader()  # which sends it later
            return False
        return True

    def _invalidate(self, name: str) -> None:
        self._invalidated_until[name] = time.monotonic() + self._invalidation_ttl

    def _send(self, name: str) -> None:
        entry = (time.monotonic(), name)
        self._sent.append(entry)  # first: it may arrive, and be lost again, at once
        try:
            self._publish(name)
        except redis.RedisError:
            with suppress(ValueError, IndexError):  # the reader may have removed it
                self._sent.remove(entry)
            raise

    def _publish(self, name: str) -> None:
        self._redis.xadd(STREAM, {"of": name}, maxlen=MAX_ENTRIES, approximate=True)

    def _start_reader(self) -> None:
        with self._lock:
            if self._pid == os.getpid():
                return
            self._reset_reader()
            self._pid = os.getpid()
        reader = threading.Thread(target=_read, args=(weakref.ref(self),), daemon=True, name="feed")
        reader.start()

    def _connect(self) -> DedicatedConnection:
        """Open a connection, and publish again what its server may have lost."""
        self._connection = dedicated_connection(self._redis, STREAM)
        for _, name in tuple(self._sent):
            self._publish(name)
        return self._connection

    def _disconnect(self) -> None:
        self._epoch = -1
        connection, self._connection = self._connection, None
        if connection:
            connection.close()

    def _join(self, connection: DedicatedConnection) -> str:
        """Start a new epoch, and read the last LOOK_BACK seconds, whose commits may be to come."""
        seconds: Any = connection.server.time()
        after = self._read_stream(connection, f"{max(0, int(seconds[0]) - LOOK_BACK) * 1000}-0")
        self._epoch = next(_epochs)
        return after

    def _read_stream(self, connection: DedicatedConnection, after: str) -> str:
        """Read new entries, for at most BLOCK seconds; the id of the last one."""
        streams: Any = connection.server.xread({STREAM: after}, block=int(BLOCK * 1000))
        for _, entries in streams or ():
            for entry_id, fields in entries:
                after = entry_id
                self._invalidate(fields["of"])
        if time.monotonic() - self._last_read_at >= MAX_SILENCE:  # it may have missed some
            self._epoch = next(_epochs)
        self._last_read_at = time.monotonic()
        return after

    def _require_writable(self, connection: DedicatedConnection) -> None:
        """Raise redis.RedisError if Redis is full or has lost its replicas: readable only.

        Then other workers can't publish either.
        """
        connection.server.set(PROBE, "", ex=PROBE_TTL)
        connection.check_quorum()

    def _trim(self) -> None:
        """Drop expired invalidations, and sent ones older than LOOK_BACK."""
        now = time.monotonic()
        if now - self._trimmed_at < TRIM_INTERVAL:
            return
        self._trimmed_at = now
        for name in [name for name, until in list(self._invalidated_until.items()) if until < now]:
            self._invalidated_until.pop(name, None)
        while self._sent and self._sent[0][0] < now - LOOK_BACK:
            self._sent.popleft()

    def _send_unsent(self) -> None:
        while self._unsent:
            self._send(self._unsent[0])
            self._unsent.popleft()


def _read(feed_of: "weakref.ref[RedisInvalidationFeed]") -> None:
    """The loop of the reader thread. It ends when the feed is garbage-collected."""
    after: str | None = None
    while feed := feed_of():
        try:
            connection = feed._connection or feed._connect()
            feed._require_writable(connection)
            feed._trim()
            feed._send_unsent()
            after = feed._read_stream(connection, after) if after else feed._join(connection)
        except Exception as error:
            # Any error: without a reader this worker could not use its token cache again.
            if after:
                log.warning("the feed reconnects: %s", error)
            after = None
            feed._disconnect()
            time.sleep(RETRY_INTERVAL)
        del feed
