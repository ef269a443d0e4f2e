"""Records the steps of a sandbox in order, and holds its clock."""

import threading
from collections.abc import Mapping

from webapp.lab.diagram.steps import Lane, Result, Step


class Clock:
    """The clock of a sandbox, which only a scenario moves."""

    def __init__(self, now: float) -> None:
        """`now`: Unix seconds."""
        self.began = self.now = float(int(now))

    @property
    def elapsed(self) -> float:
        return self.now - self.began


class StepRecorder:
    """Step recorder for several threads."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._steps: list[Step] = []
        self._thread = threading.local()

    @property
    def steps(self) -> tuple[Step, ...]:
        return tuple(self._steps)

    @property
    def steps_by_this_thread(self) -> int:
        """The number of steps that this thread has recorded."""
        return getattr(self._thread, "count", 0)

    def set_actor(self, who: str) -> None:
        """Name the actor of the next steps of this thread."""
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
        # An event inside a store, or at the thief alone, belongs to no actor.
        is_event = source == target and source in ("thief", "redis", "sql")
        who = "" if is_event else getattr(self._thread, "who", "")
        self._thread.count = self.steps_by_this_thread + 1
        at = self._clock.elapsed
        self._steps.append(Step(source, target, words, at, result, who, took, details or {}))

    def note(self, lane: Lane, words: str, result: Result = "plain") -> None:
        self.step(lane, lane, words, result)
