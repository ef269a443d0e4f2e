"""What lifetimes cost: refreshes per second, how long a stolen token works, how often one signs in.

All in seconds; the form has a unit for each time. The formulas are on the page:
templates/lab/lifetimes.html.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import inf

from webapp.core.text import N_, Message

MINUTE, HOUR, DAY = 60, 3600, 86400
# CPU time of a silent refresh, in seconds, and that of one core. docs/benchmarks.md
REFRESH_CPU = 0.000511
# NIST SP 800-63B-4, sections 2.1.3, 2.2.3 and 2.3.3: overall timeout, and inactivity (0: none).
NIST_LIMITS = {"AAL3": (12 * HOUR, 15 * MINUTE), "AAL2": (DAY, HOUR), "AAL1": (30 * DAY, 0)}


# The units of the form, in seconds, and their names.
UNITS = {"s": 1, "min": MINUTE, "h": HOUR, "d": DAY}
UNIT_NAMES = {"s": N_("seconds"), "min": N_("minutes"), "h": N_("hours"), "d": N_("days")}


@dataclass(frozen=True)
class Field:
    name: str
    label: str
    hint: str
    least: int
    most: int
    unit: str = ""
    """Of a time: its unit where a link names none. Then `least` and `most` are in seconds."""

    def read(self, text: str, unit: str) -> int:
        """The number, in seconds if it is a time. Raises ValueError with the reason, for people."""
        if text and not (text.isascii() and text.removeprefix("-").isdigit()):
            raise ValueError(N_("Enter a whole number: digits, without a point, comma or unit."))
        number = int(text) * UNITS.get(unit, 1) if 0 < len(text) < 10 else -1  # never allowed
        if self.least <= number <= self.most:
            return number
        show: Callable[[int], str] = format_span if self.unit else "{:,}".format
        limits = {"least": show(self.least), "most": show(self.most)}
        if self.unit:
            raise ValueError(Message("Enter a time from {least} to {most}.", **limits))
        raise ValueError(Message("Enter a number from {least} to {most}.", **limits))


FIELDS = (
    Field("access", N_("Access token"), N_("How long an access token is valid."), 1, DAY, "s"),
    Field(
        "grace",
        N_("Grace"),
        N_("For so long an old refresh token works again, also if the new one was used."),
        0,
        10 * MINUTE,
        "s",
    ),
    Field(
        "idle",
        N_("Idle time"),
        N_(
            "Without a refresh for so long, a session ends. It is shorter without “Keep me signed "
            "in”."
        ),
        1,
        400 * DAY,
        "h",
    ),
    Field(
        "limit",
        N_("Absolute limit"),
        N_("A session ends then, used or not."),
        1,
        4000 * DAY,
        "h",
    ),
    Field(
        "pause",
        N_("Longest usual pause"),
        N_("A night is 14 hours, a weekend 64."),
        1,
        365 * DAY,
        "h",
    ),
    Field("requests", N_("Requests per user and hour"), N_("Pages and API calls."), 1, 36_000),
    Field("users", N_("Users at the same time"), N_("People with an open page."), 1, 10_000_000),
)


@dataclass(frozen=True)
class Lifetimes:
    access: int
    """Seconds, as all that have no other unit."""
    grace: int
    idle: int
    limit: int
    users: int
    requests: int
    """Per user and hour."""
    pause: int

    @property
    def refresh_interval(self) -> float:
        """Seconds between two refreshes of a user: the token expires, and the next request comes.

        With requests at random moments, that one comes after a mean interval of requests.
        """
        return self.access + HOUR / self.requests

    @property
    def is_renewed(self) -> bool:
        """Whether a refresh comes before the refresh token expires, and before the session ends."""
        return self.refresh_interval < self.first_end

    @property
    def first_end(self) -> int:
        """When a session ends that is not renewed."""
        return min(self.idle, self.limit)

    @property
    def refreshes_per_second(self) -> float:
        return self.users / self.refresh_interval if self.is_renewed else 0

    @property
    def timer_refreshes_per_second(self) -> float:
        """With a timer in the client, which renews without a request."""
        return self.users / self.access if self.access < self.first_end else 0

    @property
    def cores(self) -> float:
        """CPU cores that are busy with refreshes."""
        return self.refreshes_per_second * REFRESH_CPU

    @property
    def refreshed_share(self) -> float:
        """The part of all requests that refreshes, 0 to 1."""
        return HOUR / self.requests / self.refresh_interval if self.is_renewed else 0

    @property
    def pause_is_too_long(self) -> bool:
        """Whether a usual pause ends the session before its absolute limit does."""
        return self.idle < self.limit and self.idle <= self.pause

    @property
    def nist_level(self) -> str:
        """The strictest level whose limits hold; empty if none does."""
        for level, (overall, inactivity) in NIST_LIMITS.items():
            if self.limit <= overall and (not inactivity or self.first_end <= inactivity):
                return level
        return ""


def read_lifetimes(
    query: Mapping[str, str], defaults: Lifetimes
) -> tuple[dict[str, str], dict[str, str], Lifetimes | None]:
    """The texts of the form, what is wrong with them, and the numbers if nothing is.

    A time has a second text, `access_unit`. Its name is a key of UNITS.
    """
    texts: dict[str, str] = {}
    numbers: dict[str, int] = {}
    errors: dict[str, str] = {}
    for field in FIELDS:
        text, unit = _entered(field, query, defaults)
        texts |= {field.name: text, f"{field.name}_unit": unit}
        try:
            numbers[field.name] = field.read(text, unit)
        except ValueError as wrong:
            errors[field.name] = wrong.args[0]
    if numbers.get("idle", 0) > numbers.get("limit", inf):
        errors["idle"] = N_("Enter at most the absolute limit: the session ends then in any case.")
    if numbers.get("access", 0) > numbers.get("idle", inf):
        errors["access"] = N_("Enter at most the idle time: an access token ends with its session.")
    return texts, errors, None if errors else Lifetimes(**numbers)


def _entered(field: Field, query: Mapping[str, str], defaults: Lifetimes) -> tuple[str, str]:
    """Text and unit: of the query, or the default in the largest unit that leaves no rest."""
    if field.name in query:
        unit = query.get(f"{field.name}_unit", "")
        return query[field.name].strip(), unit if unit in UNITS else field.unit
    number = getattr(defaults, field.name)
    units = [unit for unit, size in UNITS.items() if number >= size and not number % size]
    unit = units[-1] if units and field.unit else field.unit
    return str(number // UNITS.get(unit, 1)), unit


def format_span(seconds: float) -> Message:
    """Text with a unit: `45 s`, `1 min`, `2.5 min`, `12 h`, `30 days`."""
    units = (
        (DAY, N_("{number} days"), 3),
        (HOUR, N_("{number} h"), 2),
        (MINUTE, N_("{number} min"), 2),
    )
    for size, text, least in units:
        # From two of a unit on; one of it only if nothing is left over.
        if seconds >= least * size or (seconds == size and size < DAY):
            return Message(text, number=_short(seconds / size))
    return Message(N_("{number} s"), number=_short(seconds))


def format_rate(number: float) -> str:
    """Two significant digits below 10, then whole numbers with commas."""
    return f"{number:,.0f}" if number >= 10 else f"{number:.2g}"


def _short(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")
