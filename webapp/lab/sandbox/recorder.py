"""Writes down what happens in a sandbox, in the order in which it happens."""

import threading
from collections.abc import Mapping

from webapp.lab.diagram.steps import Lane, Result, Step


class Clock:
    """The sandbox's own: it moves when a scenario says so, and by itself not at all."""

    def __init__(self, now: float) -> None:
        """`now`: Unix seconds."""
        self.began = self.now = float(int(now))

    @property
    def elapsed(self) -> float:
        return self.now - self.began


class StepRecorder:
    """Several threads may tell it at once."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._steps: list[Step] = []
        self._thread = threading.local()

    @property
    def steps(self) -> tuple[Step, ...]:
        return tuple(self._steps)

    @property
    def steps_by_this_thread(self) -> int:
        """How many steps this thread has told of."""
        return getattr(self._thread, "told", 0)

    def speak_for(self, who: str) -> None:
        """On whose behalf this thread does what comes now."""
        self._thread.who = who

    def step(
        self,
        source: Lane,
        target: Lane,
        words: str,
        result: Result = "plain",
        *,
        took: float | None = None,
        details: Mapping[str, str] | None = None,
    ) -> None:
        # What befalls a store, or what a thief does by himself, is on nobody's behalf.
        alone = source == target and source in ("thief", "redis", "sql")
        who = "" if alone else getattr(self._thread, "who", "")
        self._thread.told = self.steps_by_this_thread + 1
        at = self._clock.elapsed
        self._steps.append(Step(source, target, words, at, result, who, took, details or {}))

    def note(self, lane: Lane, words: str, result: Result = "plain") -> None:
        self.step(lane, lane, words, result)
