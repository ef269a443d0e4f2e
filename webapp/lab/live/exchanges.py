"""What the requests of one session did, kept for a while for its owner to look at."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from time import perf_counter
from typing import Protocol

from webapp.lab.diagram.steps import Lane, Result, Step

START = "0-0"


@dataclass(frozen=True)
class Exchange:
    """A request and its answer."""

    title: str
    """`GET /dashboard`: the route, and not the address, which may be a mailed link."""
    status: int
    verdict: str
    """What the hook found, in a few words."""
    result: Result
    took: float
    """Milliseconds."""
    at: float
    """Unix seconds."""
    steps: tuple[Step, ...]
    place: str = START
    """Where it stands in the trail."""


@dataclass(frozen=True)
class Kept:
    """A session's entry in Redis, as it stands there."""

    text: str
    ttl: int
    """Seconds."""


class ExchangeLog(Protocol):
    """The newest exchanges of each session. Every method may raise Unavailable."""

    def add(self, sid: str, exchange: Exchange) -> None: ...

    def after(self, sid: str, place: str) -> list[Exchange]:
        """Those that came after the one at `place`, oldest first."""

    def entry(self, sid: str) -> Kept | None:
        """What Redis has of the session itself."""


@dataclass
class Trace:
    """What has been seen of the request so far."""

    began: float = field(default_factory=perf_counter)
    steps: list[Step] = field(default_factory=list)

    def passed(self) -> float:
        """Seconds."""
        return perf_counter() - self.began

    def arrow(
        self,
        source: Lane,
        target: Lane,
        words: str,
        result: Result = "plain",
        took: float | None = None,
        details: Mapping[str, str] | None = None,
    ) -> None:
        at = self.passed()
        step = Step(source, target, words, at, result, took=took, details=details or {})
        self.steps.append(step)


current: ContextVar[Trace | None] = ContextVar("lab", default=None)


@contextmanager
def tracing() -> Iterator[Trace]:
    """Everything that is watched in here is noted."""
    notes = Trace()
    token = current.set(notes)
    try:
        yield notes
    finally:
        current.reset(token)
