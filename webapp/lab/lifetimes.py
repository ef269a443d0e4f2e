"""What lifetimes cost: refreshes per second, how long a stolen token works, how often one signs in.

All in seconds. The formulas are on the page: templates/lab/lifetimes.html.
"""

from collections.abc import Mapping
from dataclasses import dataclass

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
    """Seconds in 1; 1 also for what is no time."""
    least: int
    most: int

    def read(self, text: str) -> int | str:
        """The number, or what is wrong with the text."""
        if not (text.isascii() and text.isdigit() and len(text) < 10):
            return "Enter a whole number, in digits."
        if not self.least <= int(text) <= self.most:
            return f"Enter a number from {self.least:,} to {self.most:,}."
        return int(text)


FIELDS = (
    Field("access", "Access token, seconds", "How long an access token is valid.", 1, 1, DAY),
    Field(
        "idle",
        "Idle time, hours",
        "Unused for so long, a session ends. 720 h are 30 days.",
        HOUR,
        1,
        9600,
    ),
    Field(
        "limit",
        "Absolute limit, hours",
        "Used or not, it ends then. 2160 h are 90 days.",
        HOUR,
        1,
        96_000,
    ),
    Field("users", "Users at the same time", "People with an open page.", 1, 1, 10_000_000),
    Field("requests", "Requests per user and hour", "Pages and API calls.", 1, 1, 36_000),
    Field("pause", "Longest usual pause, hours", "A night is 14, a weekend 64.", HOUR, 1, 8760),
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
    def refreshes_per_second(self) -> float:
        return self.users / self.refresh_interval

    @property
    def timer_refreshes_per_second(self) -> float:
        """With a timer in the client, which renews without a request."""
        return self.users / self.access

    @property
    def cores(self) -> float:
        """CPU cores that are busy with refreshes."""
        return self.refreshes_per_second * REFRESH_CPU

    @property
    def refreshed_share(self) -> float:
        """The part of all requests that refreshes, 0 to 1."""
        return HOUR / self.requests / self.refresh_interval

    @property
    def pause_is_too_long(self) -> bool:
        """Whether a usual pause ends the session; else a user signs in at the absolute limit."""
        return self.idle <= self.pause < self.limit

    @property
    def nist_level(self) -> str:
        """The strictest level whose limits hold; empty if none does."""
        for level, (overall, inactivity) in NIST_LIMITS.items():
            if self.limit <= overall and (
                not inactivity or min(self.idle, self.limit) <= inactivity
            ):
                return level
        return ""


def read_lifetimes(
    query: Mapping[str, str], defaults: Lifetimes
) -> tuple[dict[str, str], dict[str, str], Lifetimes | None]:
    """The texts of the form, what is wrong with them, and the numbers if nothing is."""
    texts = {
        field.name: query.get(field.name, str(getattr(defaults, field.name) // field.unit)).strip()
        for field in FIELDS
    }
    numbers: dict[str, int] = {}
    errors: dict[str, str] = {}
    for field in FIELDS:
        found = field.read(texts[field.name])
        if isinstance(found, str):
            errors[field.name] = found
        else:
            numbers[field.name] = found * field.unit
    if not errors and numbers["idle"] > numbers["limit"]:
        errors["idle"] = "Enter at most the absolute limit: the session ends then in any case."
    if not errors and numbers["access"] > numbers["idle"]:
        errors["access"] = "Enter at most the idle time: an access token ends with its session."
    return texts, errors, None if errors else Lifetimes(**numbers)


def format_span(seconds: float) -> str:
    """Text with a unit: `45 s`, `5 min`, `12 h`, `30 days`."""
    for size, unit, most in ((1, "s", 120), (MINUTE, "min", 120), (HOUR, "h", 72)):
        if seconds < size * most:
            return f"{_short(seconds / size)} {unit}"
    return f"{_short(seconds / DAY)} days"


def format_rate(number: float) -> str:
    """Two significant digits below 10, then whole numbers with commas."""
    return f"{number:,.0f}" if number >= 10 else f"{number:.2g}"


def _short(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")
