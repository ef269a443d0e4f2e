"""Recorded requests of one session, stored for a short time for its owner to see."""

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
    """A request and its response."""

    title: str
    """`GET /dashboard`: the route, not the path, which may hold the token of a mailed link."""
    status: int
    verdict: str
    """The decision of the hook, in a few words."""
    result: Result
    took: float
    """Milliseconds."""
    at: float
    """Unix seconds."""
    steps: tuple[Step, ...]
    place: str = START
    """Its id in the stream."""


@dataclass(frozen=True)
class StoredEntry:
    """The entry of a session in Redis, as text."""

    text: str
    ttl: int
    """Seconds."""


class ExchangeLog(Protocol):
    """The newest exchanges of each session. Every method may raise Unavailable."""

    def add(self, sid: str, exchange: Exchange) -> None: ...

    def after(self, sid: str, place: str) -> list[Exchange]:
        """Exchanges after the id `place`, oldest first."""

    def entry(self, sid: str) -> StoredEntry | None:
        """The session's own entry in Redis; None if there is none."""


@dataclass
class Trace:
    """The recorded steps of the current request."""

    began: float = field(default_factory=perf_counter)
    steps: list[Step] = field(default_factory=list)

    def passed(self) -> float:
        """Seconds since the request began."""
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
    """Record the calls of traced stores inside the block."""
    trace = Trace()
    token = current.set(trace)
    try:
        yield trace
    finally:
        current.reset(token)
