"""Metrics of all workers, at /metrics in Prometheus' text format.

Each worker process counts with prometheus_client, in a registry of its own, and after its first
response writes the registry to a file once a second, for the other workers (`multiprocess.py`).
Label values come from short lists of this app, never from a path, an id or an e-mail: each new
value would be one more time series.
"""

import logging
import os
import threading
import time
import weakref
from collections.abc import Iterable
from multiprocessing.util import Finalize
from pathlib import Path
from typing import TYPE_CHECKING

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
)
from prometheus_client.registry import Collector

from webapp.core.end_reasons import EndReason
from webapp.core.security_events import EventKind

from .multiprocess import Merged, WorkerFiles

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

# Seconds between two writes: the greatest age of what one worker reports of the others.
EVERY = 1.0
# Priority of the last write at exit: after the mail queue, so that mails it gives up are counted.
LAST = -1

# Error code → outcome of the refresh token.
OUTCOMES = {
    "refresh_reused": "reused",
    "session_ended": "ended",
    "token_expired": "expired",
    "token_invalid": "invalid",
    "refresh_invalid": "invalid",
}
REASONS = set(EndReason)
SIGN_INS = {EventKind.SIGNED_IN: "succeeded", EventKind.SIGN_IN_FAILED: "failed"}
METHODS = {name: name for name in ("GET", "HEAD", "POST", "PATCH", "PUT", "DELETE", "OPTIONS")}
OTHER = "other"
# Groups of requests that middleware answered, and of those without a matching route.
SERVER = "server"
NOWHERE = "nowhere"
# Upper bounds in seconds: a page with a cached token, a page that reads the stores, a password
# hash, an outage.
LIMITS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)

log = logging.getLogger(__name__)


class Metrics:
    def __init__(self, folder: Path, gauges: Collector) -> None:
        """`folder` is for the workers' files; `gauges` are the gauges of this process."""
        self._folder = folder
        self._gauges = gauges
        self.reset_after_fork()
        _everywhere.add(self)

    def reset_after_fork(self) -> None:
        """Reset after a fork: a child inherits neither the thread nor the parent's counts."""
        self._lock = threading.Lock()
        self._files: WorkerFiles | None = None
        self._running = False
        self._failing = False
        self._registry = CollectorRegistry()
        self._registry.register(self._gauges)
        self._series: dict[tuple[str, str, str], Histogram] = {}
        self._seconds = Histogram(
            "evergreen_request_seconds",
            "From the arrival of a request's head to its response, by blueprint and status class.",
            ["method", "group", "status"],
            buckets=LIMITS,
            registry=self._registry,
        )
        self._sign_ins = self._counter(
            "sign_ins", "Sign-ins with a password.", "result", SIGN_INS.values()
        )
        self._refreshes = self._counter(
            "refreshes",
            "Refresh tokens received. repeated: a harmless replay; reused: a theft; healed: "
            "Redis had lost the session.",
            "outcome",
            ["rotated", "repeated", "healed", "unavailable", *OUTCOMES.values()],
        )
        self._ends = self._counter(
            "sessions_ended", "Sessions ended, except by expiry.", "reason", EndReason
        )
        self._events = self._counter("events", "Security events.", "kind", EventKind)

    def _counter(self, name: str, text: str, label: str, values: Iterable[str]) -> Counter:
        """A counter with a zero for each known value, so that `rate()` sees the first increment."""
        counter = Counter(f"evergreen_{name}", text, [label], registry=self._registry)
        for value in values:
            counter.labels(value)
        return counter

    def request(self, environ: "WSGIEnvironment", status: str, seconds: float) -> None:
        """Record a response. Runs for each request: `Histogram.labels` would double its cost."""
        try:
            endpoint = environ["werkzeug.request"].url_rule.endpoint
        except KeyError:
            endpoint = SERVER
        except AttributeError:
            endpoint = NOWHERE
        key = METHODS.get(environ["REQUEST_METHOD"], OTHER), endpoint, status[0]
        series = self._series.get(key) or self._new_series(key)
        series.observe(seconds)

    def _new_series(self, key: tuple[str, str, str]) -> Histogram:
        """Endpoints of a blueprint share a series: one for each would be too many."""
        self._start()
        method, endpoint, status = key
        series = self._seconds.labels(method, endpoint.partition(".")[0], f"{status}xx")
        return self._series.setdefault(key, series)

    def refresh(self, outcome: str) -> None:
        """Count a refresh token: by `IssuedTokens.outcome`, or by the code of the error raised."""
        self._refreshes.labels(OUTCOMES.get(outcome, outcome)).inc()

    def event(self, _app: object, *, kind: EventKind, detail: str) -> None:
        self._events.labels(kind).inc()
        if result := SIGN_INS.get(kind):
            self._sign_ins.labels(result).inc()
        if kind is EventKind.SESSION_ENDED:
            self._ends.labels(detail if detail in REASONS else OTHER).inc()

    def render(self) -> tuple[bytes, str]:
        """Text and content type, for all workers of this server. Raises OSError."""
        with self._lock:
            others = self._shared().of_others()
        merged = Merged([*self._registry.collect(), *others])
        return generate_latest(merged), CONTENT_TYPE_LATEST

    def write(self) -> None:
        """Write this worker's file. A failure, such as a full disk, is logged once."""
        with self._lock:
            try:
                self._shared().write(self._registry)
                self._failing = False
            except Exception as error:  # of any kind: the thread tries again a second later
                if not self._failing:
                    log.warning("this worker's metrics file can't be written: %s", error)
                self._failing = True

    def _shared(self) -> WorkerFiles:
        """Made by the worker, not by the process that forked it. Called with the lock held."""
        self._files = self._files or WorkerFiles(self._folder)
        return self._files

    def _start(self) -> None:
        with self._lock:
            if self._running:
                return
            self._running = True
        myself = weakref.ref(self)
        try:
            threading.Thread(target=_write, args=(myself,), daemon=True, name="metrics").start()
        except RuntimeError:  # out of threads: the request goes on, a later one tries again
            self._running = False
            return
        # Not `atexit`: workers started by multiprocessing, such as Granian's, skip it.
        Finalize(None, _write_once, args=(myself,), exitpriority=LAST)


def _write(metrics_of: "weakref.ref[Metrics]") -> None:
    """Runs in the thread. Ends when the app has been garbage-collected."""
    while _write_once(metrics_of):
        time.sleep(EVERY)


def _write_once(metrics_of: "weakref.ref[Metrics]") -> bool:
    metrics = metrics_of()
    if metrics:
        metrics.write()
    return metrics is not None


_everywhere: "weakref.WeakSet[Metrics]" = weakref.WeakSet()


def _reset_all_after_fork() -> None:
    for metrics in _everywhere:
        metrics.reset_after_fork()


os.register_at_fork(after_in_child=_reset_all_after_fork)
