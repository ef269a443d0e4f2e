"""Rate limits in the memory of one process: for local limits, and while Redis is down."""

import math
import threading
import time
from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Callable

from webapp.core.rate_limits import Limit

# Buckets of one process. With fewer, a flood from more IPs than that would evict counts in use.
MAX_LOCAL_BUCKETS = 50_000


class MemoryRateLimits:
    """Serves `core.rate_limits.RateLimitStore` for this process. Thread-safe.

    The library `limits` has one too, but it starts a thread for most hits and never drops a key.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._lock = threading.Lock()
        # The times of each bucket, oldest first; the most recently used bucket is last.
        self._buckets: OrderedDict[tuple[Limit, str], list[float]] = OrderedDict()

    def acquire(self, limit: Limit, key: str) -> int:
        with self._lock:
            now = self._now()
            times = self._buckets.setdefault((limit, key), [])
            del times[: bisect_left(times, now - limit.seconds)]
            if len(times) >= limit.amount:
                return whole_seconds(times[0] + limit.seconds - now, limit)
            times.append(now)
            self._buckets.move_to_end((limit, key))
            self._drop_expired(now)
            return 0

    def release(self, limit: Limit, key: str) -> None:
        with self._lock:
            if times := self._buckets.get((limit, key)):
                times.pop()

    def clear(self, limit: Limit, key: str) -> None:
        with self._lock:
            self._buckets.pop((limit, key), None)

    def __len__(self) -> int:
        """The number of buckets."""
        return len(self._buckets)

    def _drop_expired(self, now: float) -> None:
        """Drop expired buckets, and the least recently used ones above MAX_LOCAL_BUCKETS."""
        while True:
            (limit, key), times = next(iter(self._buckets.items()))
            expired = not times or times[-1] < now - limit.seconds
            if not expired and len(self._buckets) <= MAX_LOCAL_BUCKETS:
                return
            del self._buckets[limit, key]


def whole_seconds(wait: float, limit: Limit) -> int:
    """`wait` in whole seconds for Retry-After: from 1 to the length of the limit's window."""
    return min(max(1, math.ceil(wait)), limit.seconds)
