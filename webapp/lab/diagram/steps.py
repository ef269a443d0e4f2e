"""What happened, step by step, for people to look at: arrows between lanes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Lane = Literal["thief", "browser", "app", "redis", "sql"]
# From left to right; a picture leaves out those that nothing happens in.
LANES: tuple[Lane, ...] = ("thief", "browser", "app", "redis", "sql")

Result = Literal["plain", "good", "refused", "outage"]


@dataclass(frozen=True)
class Step:
    """One arrow; a note beside a lane if `source` and `target` are the same."""

    source: Lane
    target: Lane
    words: str
    """Short, as it stands on the arrow: `POST /account`, `redeem 3`, `rotated to 4`."""
    at: float = 0.0
    """Seconds since the picture began, by the clock that decides."""
    result: Result = "plain"
    who: str = ""
    """Which of several: `tab 2`."""
    took: float | None = None
    """Milliseconds that were measured."""
    details: Mapping[str, str] = field(default_factory=dict)
    """What can be read when the step is opened: name and value, in order."""


@dataclass(frozen=True)
class Ending:
    """What became of somebody."""

    who: str
    """`You`, `The thief`."""
    signed_in: bool
    right: bool
    """Whether that is as it should be: nobody out by accident, nobody in who should be out."""
    why: str


@dataclass(frozen=True)
class Run:
    """One scenario under one policy, from its beginning to its end."""

    scenario: str
    policy: str
    steps: tuple[Step, ...]
    endings: tuple[Ending, ...]
    entry: str
    """As it stands in Redis afterwards; empty if there is none."""
    row: Mapping[str, str]
    """As it stands in SQL afterwards."""
    tokens: Mapping[str, str] = field(default_factory=dict)
    """Whole: they are a sandbox's and open nothing."""
