"""The feed: one Redis stream in which workers tell each other whom to ask the stores about.

A thread reads it, and is started by the first question in each process. As long
as it hears from Redis at least every HEARD seconds, nothing can have been missed.
After any silence all that was believed before is forgotten (a new epoch): it fails closed.

With several servers there is more to it:
- A pool of connections may go on with another server, after a failover or when a slot has moved,
  without a word: what was announced to the old one and never copied would be missed for ever. So
  the reader has a connection of its own (connection.py), and joins anew whenever that ends.
- A master that is cut off from the others still answers, while they choose another one. So its
  replicas have to confirm the reader's probe, or the reader does not believe that it hears.
- An announcement that Redis has acknowledged may be lost with its master. So whoever made it
  makes it again with each joining, until it has heard well for LOOK_BACK seconds.
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
# Entries, roughly. A worker that hears twice a second misses none of them.
MAX_ENTRIES = 10_000
PROBE = "{doubts}:probe"  # on the stream's own node
PROBE_TTL = 60  # seconds
TRIM_INTERVAL = 1  # second
# Seconds. The reader asks again after BLOCK without news; after HEARD of silence nobody is
# believed unasked. So long an ended session could live on in a worker that has just lost Redis:
# below the promised second.
BLOCK = 0.2
MAX_SILENCE = 0.5
# Seconds. An announcement is made before its change is committed; no commit takes so long.
LOOK_BACK = 10
# Seconds between tries to reach a Redis that is gone.
RETRY_INTERVAL = 0.2
# Announcements that wait for Redis to come back. Beyond it the oldest are dropped: SQL has them.
MAX_UNSENT = 10_000

_epochs = count()


class RedisInvalidationFeed:
    """Serves `core.ports.InvalidationFeed`."""

    def __init__(self, client: redis.Redis, invalidation_ttl: float) -> None:
        """`invalidation_ttl`: seconds, longer than an access token lives."""
        self._redis = client
        self._invalidation_ttl = invalidation_ttl
        self._invalidated_until: dict[str, float] = {}
        self._unsent: deque[str] = deque(maxlen=MAX_UNSENT)
        # When, and whom of: what the next failover may undo.
        self._sent: deque[tuple[float, str]] = deque(maxlen=MAX_UNSENT)
        self._lock = threading.Lock()
        self._reset_reader()

    def _reset_reader(self) -> None:
        """Without a reader: threads don't survive a fork."""
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
        """Seconds since Redis was heard; None if nobody has asked in this process yet."""
        return time.monotonic() - self._last_read_at if self._last_read_at else None

    @property
    def is_current(self) -> bool:
        """As `epoch`, and starts no reader."""
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
            log.warning("the feed can't be told now, and will be later: %s", error)
            self._unsent.append(name)
            self._start_reader()  # which will send it
            return False
        return True

    def _invalidate(self, name: str) -> None:
        self._invalidated_until[name] = time.monotonic() + self._invalidation_ttl

    def _send(self, name: str) -> None:
        mine = (time.monotonic(), name)
        self._sent.append(mine)  # first: it may arrive, and be lost again, at once
        try:
            self._publish(name)
        except redis.RedisError:
            with suppress(ValueError, IndexError):  # the reader tidies meanwhile
                self._sent.remove(mine)
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
        """A new connection; and what the server at its other end may have lost is said again."""
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
        """Begin anew, a little back: of what was announced just now the change may be to come."""
        seconds: Any = connection.server.time()
        after = self._read_stream(connection, f"{max(0, int(seconds[0]) - LOOK_BACK) * 1000}-0")
        self._epoch = next(_epochs)
        return after

    def _read_stream(self, connection: DedicatedConnection, after: str) -> str:
        """Wait for news for BLOCK seconds at most; the id of the last of it."""
        news: Any = connection.server.xread({STREAM: after}, block=int(BLOCK * 1000))
        for _, entries in news or ():
            for entry_id, fields in entries:
                after = entry_id
                self._invalidate(fields["of"])
        if (
            time.monotonic() - self._last_read_at >= MAX_SILENCE
        ):  # stopped for so long, it may have missed some
            self._epoch = next(_epochs)
        self._last_read_at = time.monotonic()
        return after

    def _require_writable(self, connection: DedicatedConnection) -> None:
        """A Redis that is full, or has lost its replicas, can be read and not written.

        Then nobody could tell us anything either.
        """
        connection.server.set(PROBE, "", ex=PROBE_TTL)
        connection.check_quorum()

    def _trim(self) -> None:
        """Drop what lapsed."""
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
    """The reader's life. It holds the feed only while it works: an app that is gone ends it."""
    after: str | None = None
    while feed := feed_of():
        try:
            connection = feed._connection or feed._connect()
            feed._require_writable(connection)
            feed._trim()
            feed._send_unsent()
            after = feed._read_stream(connection, after) if after else feed._join(connection)
        except Exception as error:
            # Whatever it was: without a reader this worker would be slow for ever.
            if after:
                log.warning("the feed has to join anew: %s", error)
            after = None
            feed._disconnect()
            time.sleep(RETRY_INTERVAL)
        del feed
