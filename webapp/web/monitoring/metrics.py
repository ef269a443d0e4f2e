"""What an operator wants to see: counted here, kept for all workers, told at /metrics.

Every process that has answered a request writes down once a second what it has counted, and what
is so in it at that moment (`vitals.py`).
"""

import logging
import os
import threading
import time
import weakref
from collections.abc import Callable
from multiprocessing.util import Finalize
from pathlib import Path

from webapp.core.end_reasons import EndReason
from webapp.core.security_events import EventKind

from . import counters
from .counters import Counters
from .multiprocess import Snapshot, WorkerFiles

# Seconds. So old may be what is told of other workers.
EVERY = 1.0
# Last of what a leaving worker does: mail that it then gives up is counted too.
LAST = -1

# An error's code → what became of the refresh token.
OUTCOMES = {
    "refresh_reused": "reused",
    "session_ended": "ended",
    "token_expired": "expired",
    "token_invalid": "invalid",
    "refresh_invalid": "invalid",
}
REASONS = set(EndReason)
SIGN_INS = {EventKind.SIGNED_IN: "succeeded", EventKind.SIGN_IN_FAILED: "failed"}

log = logging.getLogger(__name__)


class Metrics:
    def __init__(self, folder: Path, look: Callable[[], dict[str, float]]) -> None:
        """`look` says what is so at the moment; names that end in `_total` only ever grow."""
        self._folder = folder
        self._read_gauges = look
        self._tally = Counters(self._start)
        # Of every answer: nothing stands in between.
        self.request = self._tally.request
        self.reset_after_fork()
        _everywhere.add(self)

    def reset_after_fork(self) -> None:
        """Without a thread, and with nothing counted: neither is handed on by a fork."""
        self._tally.reset_after_fork()
        self._lock = threading.Lock()
        self._files: WorkerFiles | None = None
        self._running = False
        self._failing = False

    def refresh(self, outcome: str) -> None:
        """`Grant.outcome`, or the code of what was raised instead."""
        self._tally.count(counters.REFRESHES, OUTCOMES.get(outcome, outcome))

    def event(self, _app: object, *, kind: EventKind, detail: str) -> None:
        self._tally.count(counters.EVENTS, kind)
        if result := SIGN_INS.get(kind):
            self._tally.count(counters.SIGN_INS, result)
        if kind is EventKind.SESSION_ENDED:
            self._tally.count(counters.ENDS, detail if detail in REASONS else counters.OTHER)

    def render(self) -> tuple[bytes, str]:
        """Of all workers of this server, and its content type. Raises OSError."""
        from .prometheus import render_text  # the library takes long to load

        return render_text([self._snapshot(), *self._shared().of_others()])

    def write(self) -> None:
        """A full disk costs what is told of this worker elsewhere, and nothing else."""
        try:
            self._shared().write(self._snapshot())
            self._failing = False
        except Exception as error:  # whatever it was: the next second may be better
            if not self._failing:
                log.warning("the other workers can't be told what was counted: %s", error)
            self._failing = True

    def _snapshot(self) -> Snapshot:
        seen = self._read_gauges()
        growing = {name for name in seen if name.endswith("_total")}
        counts = self._tally.numbers() | {(name,): seen[name] for name in growing}
        return Snapshot(counts, {name: seen[name] for name in seen.keys() - growing})

    def _shared(self) -> WorkerFiles:
        with self._lock:
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
        except RuntimeError:  # no thread to be had: not this request's trouble
            self._running = False
            return
        # Not `atexit`: a worker that multiprocessing has started, as Granian's, passes that over.
        Finalize(None, _write_once, args=(myself,), exitpriority=LAST)


def _write_once(metrics_of: "weakref.ref[Metrics]") -> bool:
    if metrics := metrics_of():
        metrics.write()
    return metrics is not None


def _write(metrics_of: "weakref.ref[Metrics]") -> None:
    """The thread's life: an app that is gone ends it."""
    alive = True
    while alive:
        time.sleep(EVERY)
        alive = _write_once(metrics_of)


_everywhere: "weakref.WeakSet[Metrics]" = weakref.WeakSet()


def _start_over_everywhere() -> None:
    for metrics in _everywhere:
        metrics.reset_after_fork()


os.register_at_fork(after_in_child=_start_over_everywhere)
