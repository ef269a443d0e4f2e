"""Layout of a sequence diagram: lanes from left to right, time downwards.

Horizontal positions are in percent and vertical ones in `em`. So a diagram fills the width of its
container, and its text has the size of the text around it, on every screen.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from textwrap import wrap

from .grouping import group_parallel_steps
from .steps import LANES, Lane, Result, Step

NAMES: dict[Lane, str] = {
    "thief": "Thief",
    "browser": "Browser",
    "app": "App",
    "redis": "Redis",
    "sql": "SQL",
}
# Colour is never the only sign of a result (WCAG 2.2, 1.4.1).
SIGNS: dict[Result, str] = {"plain": "", "good": "✓", "refused": "✕", "outage": "!"}
RESULT_LABELS: dict[Result, str] = {
    "plain": "",
    "good": "good",
    "refused": "refused",
    "outage": "no answer",
}
DEFAULT_LANES: tuple[Lane, ...] = ("browser", "app", "redis", "sql")

# Letters in one line across the narrowest phone.
MAX_LETTERS = 44
# In em: the height of a line of text, of an arrow, of the lane heads, of a pause.
LINE, ARROW, HEAD, PAUSE = 1.3, 1.0, 4.2, 2.6
# Seconds between two steps from which on a pause is drawn.
MIN_PAUSE = 1.0


@dataclass(frozen=True)
class LaneHead:
    key: Lane
    name: str
    x: float


@dataclass(frozen=True)
class Row:
    """A step with its position. `x1`, `x2` and `text_x` in percent, all other measures in em."""

    step: Step
    number: int
    x1: float
    x2: float
    text_x: float
    anchor: str
    lines: tuple[tuple[float, str], ...]
    """The baseline of each line of text, and the text."""
    y: float
    """Position of the arrow."""
    top: float
    bottom: float
    kind: str
    """`arrow`, `note`, `pause`, `ending`."""

    @property
    def way(self) -> str:
        """`right`, `left`."""
        return "right" if self.x2 > self.x1 else "left"

    @property
    def height(self) -> float:
        return round(self.bottom - self.top, 2)

    @property
    def is_group(self) -> bool:
        return self.step.who[:1].isdigit()

    @property
    def sign(self) -> str:
        return SIGNS[self.step.result]

    @property
    def between(self) -> str:
        source, target = NAMES[self.step.source], NAMES[self.step.target]
        return source if source == target else f"{source} → {target}"

    @property
    def result_label(self) -> str:
        return RESULT_LABELS[self.step.result]


@dataclass(frozen=True)
class Pause:
    """A span of time without steps."""

    y: float
    words: str
    number: int
    """Number of the step after the pause."""


@dataclass(frozen=True)
class Picture:
    lanes: tuple[LaneHead, ...]
    rows: tuple[Row, ...]
    pauses: tuple[Pause, ...]
    height: float

    @property
    def results(self) -> tuple[Result, ...]:
        """The results in this diagram that its legend explains."""
        shown = {row.step.result for row in self.rows}
        return tuple(result for result in ("good", "refused", "outage") if result in shown)


def draw(steps: Sequence[Step], endings: int = 0) -> Picture:
    """Lay out the steps. `endings`: the number of steps at the end that are outcomes."""
    steps = group_parallel_steps(steps)
    lanes = _lanes(steps)
    places = {lane: (index + 0.5) / len(lanes) for index, lane in enumerate(lanes)}
    rows: list[Row] = []
    pauses: list[Pause] = []
    y, before = HEAD, 0.0
    for number, step in enumerate(steps, 1):
        passed, before = step.at - before, step.at
        is_pause = passed >= MIN_PAUSE and step.source == step.target == "browser"
        if passed >= MIN_PAUSE and not is_pause:
            pauses.append(
                Pause(round(y + PAUSE / 2, 2), f"{format_duration(passed)} later", number)
            )
            y += PAUSE
        rows.append(_pause(step, number, y) if is_pause else _row(step, number, y, places))
        y = rows[-1].bottom
    for index in range(len(rows) - endings, len(rows)):
        rows[index] = replace(rows[index], kind="ending")
    heads = tuple(LaneHead(lane, NAMES[lane], round(places[lane] * 100, 2)) for lane in lanes)
    return Picture(heads, tuple(rows), tuple(pauses), round(y + ARROW, 2))


def format_duration(seconds: float) -> str:
    """Text with a unit: `0.4 ms`, `12 s`, `5 min`, `12 h`, `30 days`."""
    if seconds < 1:
        return f"{seconds * 1000:.1f} ms"
    for size, unit, limit in ((1, "s", 120), (60, "min", 60), (3600, "h", 48)):
        if seconds < size * limit:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds / 86400:.0f} days"


def _lanes(steps: Iterable[Step]) -> list[Lane]:
    """The default lanes, and each other lane that has a step."""
    busy = {lane for step in steps for lane in (step.source, step.target)}
    return [lane for lane in LANES if lane in busy or lane in DEFAULT_LANES]


def _row(step: Step, number: int, y: float, places: dict[Lane, float]) -> Row:
    x1, x2 = places[step.source], places[step.target]
    text_x, anchor, room = _beside(x1) if x1 == x2 else _above((x1 + x2) / 2)
    words = f"{step.who}: {step.words}" if step.who else step.words
    lines = wrap(f"{SIGNS[step.result]} {words}".strip(), max(10, int(room * MAX_LETTERS))) or [""]
    feet = tuple((round(y + LINE * index, 2), line) for index, line in enumerate(lines, 1))
    foot = y + LINE * len(lines)
    at = (y + foot) / 2 + LINE * 0.3 if x1 == x2 else foot + ARROW * 0.55
    return Row(
        step=step,
        number=number,
        x1=round(x1 * 100, 2),
        x2=round(x2 * 100, 2),
        text_x=round(text_x * 100, 2),
        anchor=anchor,
        lines=feet,
        y=round(at, 2),
        top=round(y + 0.15, 2),
        bottom=round(foot + ARROW * (0.4 if x1 == x2 else 1.1), 2),
        kind="note" if x1 == x2 else "arrow",
    )


def _pause(step: Step, number: int, y: float) -> Row:
    """A step that is itself a pause, such as "five minutes of reading"."""
    row = _row(step, number, y + 0.3, {step.source: 0.5})
    return replace(row, kind="pause", text_x=50, anchor="middle", bottom=round(row.bottom + 0.6, 2))


def _above(x: float) -> tuple[float, str, float]:
    return x, "middle", 2 * min(x, 1 - x)


def _beside(x: float) -> tuple[float, str, float]:
    """On the side that has more room."""
    return (x, "start", 1 - x - 0.06) if x <= 0.5 else (x, "end", x - 0.06)
