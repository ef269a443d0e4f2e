"""Layout of a sequence diagram: lanes from left to right, time downwards.

Horizontal positions are in percent and vertical ones in `em`. So a diagram fills the width of its
container, and its text has the size of the text around it, on every screen.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf

from webapp.core.text import N_, Message

from .grouping import group_parallel_steps
from .lines import break_lines, line_height, width
from .steps import LANES, Lane, Result, Step, Translate

NAMES: dict[Lane, str] = {
    "thief": N_("Thief"),
    "browser": N_("Browser"),
    "app": N_("App"),
    "redis": "Redis",
    "sql": "SQL",
}
# Colour is never the only sign of a result (WCAG 2.2, 1.4.1).
SIGNS: dict[Result, str] = {"plain": "", "good": "✓", "refused": "✕", "outage": "!"}
RESULT_LABELS: dict[Result, str] = {
    "plain": "",
    "good": N_("good"),
    "refused": N_("refused"),
    "outage": N_("outage"),
}
DEFAULT_LANES: tuple[Lane, ...] = ("browser", "app", "redis", "sql")

# In em: the width of a diagram on the narrowest phone.
WIDTH = 20.0
# In em: the height of an arrow, of the lane heads, of the second line of a head, of a pause.
ARROW, HEAD, HEAD_LINE, PAUSE = 1.0, 4.2, 1.15, 2.6
# Seconds of a unit, its text, and the end of its range in seconds.
UNITS = (
    (0.001, N_("{number} ms"), 1),
    (1, N_("{number} s"), 120),
    (60, N_("{number} min"), 3600),
    (3600, N_("{number} h"), 48 * 3600),
    (86400, N_("{number} days"), inf),
)
# Seconds between two steps from which on a pause is drawn.
MIN_PAUSE = 1.0

# Position of a text, its anchor, and the room for it; both as parts of the whole width.
TextPlace = tuple[float, str, float]


@dataclass(frozen=True)
class LaneHead:
    key: Lane
    name: str
    lines: list[str]
    x: float


@dataclass(frozen=True)
class Row:
    """A step with its position. `x1`, `x2` and `text_x` in percent, all other measures in em.

    The texts are in the language of the reader, those of `step` are English.
    """

    step: Step
    number: int
    who: str
    words: str
    between: str
    """`Browser → App`."""
    result_label: str
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
    def has_tall_heads(self) -> bool:
        return _are_tall(self.lanes)

    @property
    def results(self) -> tuple[Result, ...]:
        """The results in this diagram that its legend explains."""
        shown = {row.step.result for row in self.rows}
        return tuple(result for result in ("good", "refused", "outage") if result in shown)


def draw(steps: Sequence[Step], endings: int = 0, translate: Translate = str) -> Picture:
    """Lay out the steps. `endings`: the number of steps at the end that are outcomes."""
    steps = group_parallel_steps(steps)
    lanes = _lanes(steps)
    places = {lane: (index + 0.5) / len(lanes) for index, lane in enumerate(lanes)}
    rows: list[Row] = []
    pauses: list[Pause] = []
    heads = _heads(places, translate)
    y, before = HEAD + HEAD_LINE * _are_tall(heads), 0.0
    for number, step in enumerate(steps, 1):
        passed, before = step.at - before, step.at
        is_pause = passed >= MIN_PAUSE and step.source == step.target == "browser"
        if passed >= MIN_PAUSE and not is_pause:
            words = translate(Message("{time} later", time=format_duration(passed)))
            pauses.append(Pause(round(y + PAUSE / 2, 2), words, number))
            y += PAUSE
        place = _pause if is_pause else _ending if number > len(steps) - endings else _row
        rows.append(place(step, number, y, places, translate))
        y = rows[-1].bottom
    return Picture(heads, tuple(rows), tuple(pauses), round(y + ARROW, 2))


def format_duration(seconds: float) -> Message:
    """Text with a unit: `0.4 ms`, `12 s`, `5 min`, `12 h`, `30 days`."""
    size, text, _end = next(unit for unit in UNITS if seconds < unit[2])
    decimals = 1 if size < 1 else 0
    number = f"{seconds / size:.{decimals}f}"
    return Message(text, number=number)


def _lanes(steps: Iterable[Step]) -> list[Lane]:
    """The default lanes, and each other lane that has a step."""
    busy = {lane for step in steps for lane in (step.source, step.target)}
    return [lane for lane in LANES if lane in busy or lane in DEFAULT_LANES]


def _heads(places: Mapping[Lane, float], translate: Translate) -> tuple[LaneHead, ...]:
    """Each name in one line, or a line for each word. A single word may be as wide as it is."""
    room = WIDTH / len(places)
    heads = []
    for lane, x in places.items():
        name = translate(NAMES[lane])
        lines = [name] if width(name, bold=True) <= room else name.split()
        heads.append(LaneHead(lane, name, lines, round(x * 100, 2)))
    return tuple(heads)


def _are_tall(heads: Iterable[LaneHead]) -> bool:
    return any(len(head.lines) > 1 for head in heads)


def _row(
    step: Step,
    number: int,
    y: float,
    places: Mapping[Lane, float],
    translate: Translate,
    *,
    bold: bool = False,
    text: TextPlace | None = None,
) -> Row:
    x1, x2 = places[step.source], places[step.target]
    text_x, anchor, room = text or (_beside(x1) if x1 == x2 else _above(x1, x2))
    who, words = translate(step.who), translate(step.words)
    label = f"{SIGNS[step.result]} {who}{': ' if who else ''}{words}".strip()
    lines = break_lines(label, room * WIDTH, bold=bold)
    line = line_height(label)
    foot = y + line * len(lines)
    at = (y + foot) / 2 + line * 0.3 if x1 == x2 else foot + ARROW * 0.55
    return Row(
        step=step,
        number=number,
        who=who,
        words=words,
        between=" → ".join(translate(NAMES[lane]) for lane in _ends(step)),
        result_label=translate(RESULT_LABELS[step.result]),
        x1=round(x1 * 100, 2),
        x2=round(x2 * 100, 2),
        text_x=round(text_x * 100, 2),
        anchor=anchor,
        lines=tuple((round(y + line * index, 2), text) for index, text in enumerate(lines, 1)),
        y=round(at, 2),
        top=round(y + 0.15, 2),
        bottom=round(foot + ARROW * (0.4 if x1 == x2 else 1.1), 2),
        kind="note" if x1 == x2 else "arrow",
    )


def _ends(step: Step) -> tuple[Lane, ...]:
    return (step.source,) if step.source == step.target else (step.source, step.target)


def _pause(
    step: Step, number: int, y: float, places: Mapping[Lane, float], translate: Translate
) -> Row:
    """A step that is itself a pause, such as "five minutes of reading"."""
    between_lines = (0.5, "middle", 0.56)
    row = _row(step, number, y + 0.3, places, translate, bold=True, text=between_lines)
    return replace(row, kind="pause", bottom=round(row.bottom + 0.6, 2))


def _ending(
    step: Step, number: int, y: float, places: Mapping[Lane, float], translate: Translate
) -> Row:
    """A step that is an outcome."""
    return replace(_row(step, number, y, places, translate, bold=True), kind="ending")


def _above(x1: float, x2: float) -> TextPlace:
    """Little wider than the arrow: a text that reaches other lanes is not read as one of it."""
    x = (x1 + x2) / 2
    return x, "middle", min(2 * min(x, 1 - x), abs(x2 - x1) + 0.2)


def _beside(x: float) -> TextPlace:
    """On the side that has more room."""
    return (x, "start", 1 - x - 0.06) if x <= 0.5 else (x, "end", x - 0.06)
