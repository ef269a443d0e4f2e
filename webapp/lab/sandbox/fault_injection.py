"""The way to a sandbox's Redis: it notes what is asked and answered, and can be cut."""

import threading
import time
from collections.abc import Callable
from typing import Protocol, TypeVar

from webapp.core.errors import Unavailable
from webapp.core.ports import GenerationResult, GenerationStore, Outcome
from webapp.lab.diagram.steps import Result

from .recorder import StepRecorder

T = TypeVar("T")

# Seconds of real time. A sandbox is looked at for a moment; its clock is another one.
LASTS = 15 * 60
# Seconds that one thread waits for another: should that one fail, it must not wait for ever.
PATIENCE = 5

WORDS: dict[Outcome, tuple[str, Result]] = {
    Outcome.ROTATED: ("rotated to {gen}", "good"),
    Outcome.REPEATED: ("repeated: {gen} again", "good"),
    Outcome.HEALED: ("healed: {gen}", "good"),
    Outcome.REUSED: ("reused: a copy", "refused"),
    Outcome.ENDED: ("ended: {reason}", "refused"),
    Outcome.ALIVE: ("alive, at {gen}", "good"),
    Outcome.MISSING: ("missing", "plain"),
}


class Inspectable(GenerationStore, Protocol):
    """Entries that can be looked at, and put back to what they were."""

    def read(self, sid: str) -> str:
        """An entry as it stands; empty if there is none."""

    def put(self, sid: str, entry: str, *, ttl: int) -> None:
        """Replace an entry; by an empty one: forget it."""


class Gate:
    """Holds one question up until it is let through."""

    def __init__(self) -> None:
        self._reached, self._open = threading.Event(), threading.Event()

    def hold(self) -> None:
        self._reached.set()
        self._open.wait(PATIENCE)

    def wait_until_reached(self) -> None:
        self._reached.wait(PATIENCE)

    def open(self) -> None:
        self._open.set()


class FaultyEntries:
    """Serves `core.stores.Entries`: those behind it, with whatever stands in the way."""

    def __init__(self, behind: Inspectable, recorder: StepRecorder) -> None:
        self._behind = behind
        self._recorder = recorder
        self.down = False
        self.lose_next_answer = False
        self.gate: Gate | None = None
        self.broken = False
        """Whether the real one behind it has failed, which is no part of any scenario."""
        # Answers are noted in the order in which Redis gave them.
        self._in_order = threading.Lock()

    def start(self, sid: str, *, now: int, browser: str, ttl: int) -> None:
        self._tell("write generation 0", lambda: self._start(sid, now, browser, ttl))

    def _start(self, sid: str, now: int, browser: str, ttl: int) -> None:
        self._behind.start(sid, now=now, browser=browser, ttl=min(ttl, LASTS))

    def redeem(
        self, sid: str, gen: int, *, now: int, grace: int, browser: str, ttl: int
    ) -> GenerationResult:
        gate, self.gate = self.gate, None
        if gate:
            gate.hold()
        asked = {"presented": str(gen), "browser": browser, "session": sid}

        def ask() -> GenerationResult:
            return self._behind.redeem(
                sid, gen, now=now, grace=grace, browser=browser, ttl=min(ttl, LASTS)
            )

        return self._ask(f"redeem {gen}", asked, ask)

    def confirm(self, sid: str, gen: int) -> GenerationResult:
        asked = {"shown": str(gen), "session": sid}
        return self._ask(f"is it alive? shows {gen}", asked, lambda: self._behind.confirm(sid, gen))

    def last_seen(self, sids: list[str]) -> dict[str, int]:
        return self._behind.last_seen(sids)

    def write_tombstone(self, sid: str, reason: str, *, ttl: int) -> None:
        self._tell(
            f"tombstone: {reason}",
            lambda: self._behind.write_tombstone(sid, reason, ttl=min(ttl, LASTS)),
        )

    def _tell(self, words: str, tell: Callable[[], None]) -> None:
        self._recorder.step("app", "redis", words)
        self._require_up()
        took = self._timed(tell)[1]
        self._recorder.step("redis", "app", "kept", "good", took=took)

    def _ask(
        self, words: str, asked: dict[str, str], ask: Callable[[], GenerationResult]
    ) -> GenerationResult:
        self._recorder.step("app", "redis", words, details=asked)
        self._require_up()
        with self._in_order:
            answer, took = self._timed(ask)
            self._answered(answer, took, self._behind.read(asked["session"]))
        return answer

    def _answered(self, answer: GenerationResult, took: float, entry: str) -> None:
        if self.lose_next_answer:
            self.lose_next_answer, self.down = False, True
            self._recorder.note("redis", "does it, and stops before it can answer", "outage")
            self._require_up()
        found = {"outcome": str(answer.outcome), "entry now": entry or "none"}
        words, result = WORDS[answer.outcome]
        words = words.format(gen=answer.gen, reason=answer.reason)
        self._recorder.step("redis", "app", words, result, took=took, details=found)

    def _require_up(self) -> None:
        if self.down:
            self._recorder.step("redis", "app", "no answer", "outage")
            raise Unavailable

    def _timed(self, work: Callable[[], T]) -> tuple[T, float]:
        """And how many milliseconds it took."""
        began = time.perf_counter()
        try:
            return work(), (time.perf_counter() - began) * 1000
        except Unavailable:
            self.broken = True
            raise
