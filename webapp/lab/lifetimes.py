"""What lifetimes cost: refreshes per second, how long a stolen token works, how often one signs in.

All in seconds. The formulas are on the page: templates/lab/lifetimes.html.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf

from webapp.core.text import N_, Message

MINUTE, HOUR, DAY = 60, 3600, 86400
# CPU time of a silent refresh, in seconds, and that of one core. docs/benchmarks.md
REFRESH_CPU = 0.000511
# NIST SP 800-63B-4, sections 2.1.3, 2.2.3 and 2.3.3: overall timeout, and inactivity (0: none).
NIST_LIMITS = {"AAL3": (12 * HOUR, 15 * MINUTE), "AAL2": (DAY, HOUR), "AAL1": (30 * DAY, 0)}


@dataclass(frozen=True)
class Field:
    name: str
    label: str
    hint: str
    unit: int
    """Seconds in 1; 0 for what is no time."""
    least: int
    most: int

    def read(self, text: str) -> int:
        """The number. Raises ValueError with the reason, a text for people."""
        limits = {"least": f"{self.least:,}", "most": f"{self.most:,}"}
        if not text:
            raise ValueError(Message("Empty. Enter a number from {least} to {most}.", **limits))
        if not (text.isascii() and text.isdigit()):
            raise ValueError(N_("Enter a whole number: digits, without a point, comma or unit."))
        if len(text) > 9 or not self.least <= int(text) <= self.most:
            raise ValueError(Message("Enter a number from {least} to {most}.", **limits))
        return int(text) * (self.unit or 1)


FIELDS = (
    Field(
        "access", N_("Access token, seconds"), N_("How long an access token is valid."), 1, 1, DAY
    ),
    Field("idle", N_("Idle time, hours"), N_("Unused for so long, a session ends."), HOUR, 1, 9600),
    Field(
        "limit",
        N_("Absolute limit, hours"),
        N_("A session ends then, used or not."),
        HOUR,
        1,
        96_000,
    ),
    Field("users", N_("Users at the same time"), N_("People with an open page."), 0, 1, 10_000_000),
    Field("requests", N_("Requests per user and hour"), N_("Pages and API calls."), 0, 1, 36_000),
    Field(
        "pause", N_("Longest usual pause, hours"), N_("A night is 14, a weekend 64."), HOUR, 1, 8760
    ),
)


@dataclass(frozen=True)
class Lifetimes:
    access: int
    """Seconds, as `idle`, `limit` and `pause`."""
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
    """The texts of the form, what is wrong with them, and the numbers if nothing is."""
    texts = {field.name: query.get(field.name, _shown(field, defaults)).strip() for field in FIELDS}
    numbers: dict[str, int] = {}
    errors: dict[str, str] = {}
    for field in FIELDS:
        try:
            numbers[field.name] = field.read(texts[field.name])
        except ValueError as wrong:
            errors[field.name] = wrong.args[0]
    if numbers.get("idle", 0) > numbers.get("limit", inf):
        errors["idle"] = N_("Enter at most the absolute limit: the session ends then in any case.")
    if numbers.get("access", 0) > numbers.get("idle", inf):
        errors["access"] = N_("Enter at most the idle time: an access token ends with its session.")
    return texts, errors, None if errors else Lifetimes(**numbers)


def _shown(field: Field, numbers: Lifetimes) -> str:
    return str(getattr(numbers, field.name) // (field.unit or 1))


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
