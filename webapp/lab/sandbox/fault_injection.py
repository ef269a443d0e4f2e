"""Fault injection between a sandbox's app and Redis; records each command and its result."""

import threading
import time
from collections.abc import Callable
from typing import Protocol, TypeVar

from webapp.core.errors import Unavailable
from webapp.core.ports import GenerationResult, GenerationStore
from webapp.core.text import N_, Message
from webapp.lab.diagram.results import OUTCOMES, describe_generation

from .recorder import StepRecorder

T = TypeVar("T")

# Real seconds that sandbox entries stay in Redis. The sandbox's own clock does not count.
SANDBOX_TTL = 15 * 60
# Seconds that one thread waits for another, in case that one has failed.
THREAD_TIMEOUT = 5


class Inspectable(GenerationStore, Protocol):
    """A generation store whose entries can be read and restored as text."""

    def read(self, sid: str) -> str:
        """The text of an entry; empty if there is none."""

    def put(self, sid: str, entry: str, *, ttl: int) -> None:
        """Replace an entry; an empty text deletes it."""


class Gate:
    """Pauses one command until another thread opens the gate."""

    def __init__(self) -> None:
        self._reached, self._open = threading.Event(), threading.Event()

    def hold(self) -> None:
        self._reached.set()
        self._open.wait(THREAD_TIMEOUT)

    def wait_until_reached(self) -> None:
        self._reached.wait(THREAD_TIMEOUT)

    def open(self) -> None:
        self._open.set()


class FaultyGenerations:
    """Implements `core.ports.GenerationStore`: forwards to another store, and injects faults."""

    def __init__(self, store: Inspectable, recorder: StepRecorder) -> None:
        self._store = store
        self._recorder = recorder
        self.down = False
        self.lose_next_response = False
        self.gate: Gate | None = None
        self.broken = False
        """Whether the real store has failed, which is part of no scenario."""
        # Results are recorded in the order in which Redis returned them.
        self._in_order = threading.Lock()

    def start(self, sid: str, *, now: int, browser: str, ttl: int) -> None:
        self._write(N_("store generation 0"), lambda: self._start(sid, now, browser, ttl))

    def _start(self, sid: str, now: int, browser: str, ttl: int) -> None:
        self._store.start(sid, now=now, browser=browser, ttl=min(ttl, SANDBOX_TTL))

    def redeem(
        self, sid: str, gen: int, *, now: int, grace: int, browser: str, ttl: int
    ) -> GenerationResult:
        gate, self.gate = self.gate, None
        if gate:
            gate.hold()
        details = {N_("presented"): str(gen), N_("browser"): browser, N_("session"): sid}

        def redeem() -> GenerationResult:
            return self._store.redeem(
                sid, gen, now=now, grace=grace, browser=browser, ttl=min(ttl, SANDBOX_TTL)
            )

        return self._query(Message("redeem {gen}", gen=gen), details, redeem)

    def confirm(self, sid: str, gen: int) -> GenerationResult:
        details = {N_("confirmed"): str(gen), N_("session"): sid}
        words = Message("open? confirm {gen}", gen=gen)
        return self._query(words, details, lambda: self._store.confirm(sid, gen))

    def last_seen(self, sids: list[str]) -> dict[str, int]:
        return self._store.last_seen(sids)

    def write_tombstone(self, sid: str, reason: str, *, ttl: int) -> None:
        self._write(
            Message("write a tombstone: {reason}", reason=reason),
            lambda: self._store.write_tombstone(sid, reason, ttl=min(ttl, SANDBOX_TTL)),
        )

    def _write(self, words: str, write: Callable[[], None]) -> None:
        self._recorder.step("app", "redis", words)
        self._require_up()
        took = self._measure(write)[1]
        self._recorder.step("redis", "app", N_("stored"), "good", took=took)

    def _query(
        self, words: str, details: dict[str, str], query: Callable[[], GenerationResult]
    ) -> GenerationResult:
        self._recorder.step("app", "redis", words, details=details)
        self._require_up()
        with self._in_order:
            answer, took = self._measure(query)
            self._record_result(answer, took, self._store.read(details["session"]))
        return answer

    def _record_result(self, answer: GenerationResult, took: float, entry: str) -> None:
        if self.lose_next_response:
            self.lose_next_response, self.down = False, True
            self._recorder.note("redis", N_("executes it, and stops before it responds"), "outage")
            self._require_up()
        details = {N_("outcome"): OUTCOMES[answer.outcome], N_("entry now"): entry or N_("none")}
        words, result = describe_generation(answer)
        self._recorder.step("redis", "app", words, result, took=took, details=details)

    def _require_up(self) -> None:
        if self.down:
            self._recorder.step("redis", "app", N_("no response"), "outage")
            raise Unavailable

    def _measure(self, work: Callable[[], T]) -> tuple[T, float]:
        """The result of `work`, and the milliseconds that it took."""
        began = time.perf_counter()
        try:
            return work(), (time.perf_counter() - began) * 1000
        except Unavailable:
            self.broken = True
            raise
