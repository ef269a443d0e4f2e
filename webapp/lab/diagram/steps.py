"""Steps of a sequence diagram: arrows between lanes, and the outcome of a run."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from webapp.core.text import N_

Lane = Literal["thief", "browser", "app", "redis", "sql"]
# From left to right. A diagram leaves out a lane that has no step.
LANES: tuple[Lane, ...] = ("thief", "browser", "app", "redis", "sql")

Result = Literal["plain", "good", "refused", "outage"]

# Who, signed in → an outcome in the fewest words.
YOU_IN, YOU_OUT, THIEF_OUT = N_("You: in"), N_("You: out"), N_("Thief: out")
IN_SHORT = {
    ("You", True): YOU_IN,
    ("You", False): YOU_OUT,
    ("The thief", True): N_("Thief: in"),
    ("The thief", False): THIEF_OUT,
}

Translate = Callable[[str], str]
"""An English text, or a `core.text.Message`, in the language of the reader."""

# Questions whether a session is open, and their usual answers.
ROUTINE = re.compile(r"user, and is the session open\?|open\? confirm|open(, at \d+)?$|stored$")


@dataclass(frozen=True)
class Step:
    """One arrow; a note beside a lane if `source` and `target` are the same.

    Its texts are English: constants or `core.text.Message`s, translated where they are shown.
    HTTP lines, names of fields and codes stay English.
    """

    source: Lane
    target: Lane
    words: str
    """The short label of the arrow: `POST /account`, `redeem 3`, `rotated to 4`."""
    at: float = 0.0
    """Seconds since the start: of a request in real time, of a scenario by the sandbox's clock."""
    result: Result = "plain"
    who: str = ""
    """The actor, where one lane has several: `tab 2`."""
    took: float | None = None
    """Measured milliseconds."""
    details: Mapping[str, str] = field(default_factory=dict)
    """Names and values to show when the step is opened, in order."""

    @property
    def is_routine(self) -> bool:
        """Whether a store only says that the session is open: true of nearly every request."""
        between = {self.source, self.target}
        is_stores = "app" in between and bool(between & {"redis", "sql"})
        return is_stores and self.result in ("plain", "good") and bool(ROUTINE.match(self.words))


@dataclass(frozen=True)
class Ending:
    """The outcome for one actor."""

    who: str
    """`You`, `The thief`."""
    signed_in: bool
    right: bool
    """Whether the outcome is correct: no owner signed out by accident, no thief signed in."""
    why: str

    @property
    def in_short(self) -> str:
        return IN_SHORT[self.who, self.signed_in]


@dataclass(frozen=True)
class Run:
    """One scenario under one policy, from its beginning to its end."""

    scenario: str
    policy: str
    steps: tuple[Step, ...]
    endings: tuple[Ending, ...]
    entry: str
    """The value in Redis afterwards; empty if there is none."""
    row: Mapping[str, str]
    """The columns in SQL afterwards."""
    tokens: Mapping[str, str] = field(default_factory=dict)
    """In full: they are valid in their sandbox only."""
