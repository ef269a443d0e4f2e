"""What a worker counts, in plain numbers: a request pays for an addition, not for a library.

A name is the metric's and its labels' values. Whatever is a label comes from a short list of ours:
never a path, an id or an address, of which there is no end.
"""

import threading
from bisect import bisect_left
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

Name = tuple[str, ...]
Numbers = dict[Name, float]

SIGN_INS = "sign_ins"
REFRESHES = "refreshes"
EVENTS = "events"
ENDS = "sessions_ended"
# Requests that took no longer than a bucket's limit and longer than the one's before; all seconds.
REQUESTS = "requests"
SECONDS = "request_seconds"

# Seconds. A page whose token is known, one that asks the stores, one that hashes, an outage.
LIMITS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
BUCKETS = tuple(str(number) for number in range(len(LIMITS) + 1))

METHODS = {name: name for name in ("GET", "HEAD", "POST", "PATCH", "PUT", "DELETE", "OPTIONS")}
OTHER = "other"
# Answered before the app: probes, and bodies that nobody waits for.
SERVER = "server"
NOWHERE = "nowhere"


class Counters:
    def __init__(self, wake: Callable[[], None]) -> None:
        """`wake` is called when the first of a kind is counted."""
        self._wake = wake
        self.reset_after_fork()

    def reset_after_fork(self) -> None:
        """With nothing: after a fork, what was counted is still the parent's to tell."""
        self._lock = threading.Lock()
        self._counts: Numbers = {}
        # Method, endpoint and class of status → how many in each bucket, and all their seconds.
        self._requests: dict[Name, list[float]] = {}

    def count(self, *name: str) -> None:
        with self._lock:
            self._counts[name] = self._counts.get(name, 0) + 1

    def request(self, environ: "WSGIEnvironment", status: str, seconds: float) -> None:
        """Each of them comes here, once its answer begins, so it has to be quick."""
        try:
            endpoint = environ["werkzeug.request"].url_rule.endpoint
        except KeyError:
            endpoint = SERVER
        except AttributeError:
            endpoint = NOWHERE
        name = METHODS.get(environ["REQUEST_METHOD"], OTHER), endpoint, status[0]
        row = self._requests.get(name) or self._new_row(name)
        with self._lock:
            row[bisect_left(LIMITS, seconds)] += 1
            row[-1] += seconds

    def _new_row(self, name: Name) -> list[float]:
        self._wake()
        with self._lock:
            return self._requests.setdefault(name, [0.0] * (len(BUCKETS) + 1))

    def numbers(self) -> Numbers:
        with self._lock:
            rows = [(name, list(row)) for name, row in self._requests.items()]
            counts = dict(self._counts)
        return total([counts, *(by_group(name, row) for name, row in rows)])


def by_group(name: Name, row: list[float]) -> Numbers:
    """A blueprint's endpoints are one group: a label for each would be many."""
    method, endpoint, status = name
    labels = method, endpoint.partition(".")[0], status
    counts = zip(BUCKETS, row, strict=False)  # the last is no bucket's
    return {(REQUESTS, *labels, bucket): number for bucket, number in counts if number} | {
        (SECONDS, *labels): row[-1]
    }


def total(all_numbers: Iterable[Numbers]) -> Numbers:
    sums: Numbers = {}
    for numbers in all_numbers:
        for name, number in numbers.items():
            sums[name] = sums.get(name, 0) + number
    return sums
