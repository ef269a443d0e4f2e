"""Unix seconds, as people and as machines read them."""

from datetime import UTC, datetime

from babel.dates import format_datetime
from markupsafe import Markup

from webapp.core.text import N_
from webapp.runtime.translations import DEFAULT

from .language import gettext, language
from .services import services

DAY = 86400


def iso(at: float) -> str:
    """RFC 3339: 2026-11-21T10:00:00Z."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def datetime_minutes(at: float) -> str:
    """21 Nov 2026, 10:00 UTC; in another language by the CLDR, with the Gregorian year."""
    return _datetime(at, "%-d %b %Y, %H:%M", "d MMM y, HH:mm")


def datetime_seconds(at: float) -> str:
    """21 Nov 2026, 10:00:05 UTC."""
    return _datetime(at, "%-d %b %Y, %H:%M:%S", "d MMM y, HH:mm:ss")


def day(at: float) -> str:
    """Of UTC: 2026-11-21."""
    return datetime.fromtimestamp(at, UTC).date().isoformat()


def day_heading(at: float) -> str:
    """Today, Yesterday, or 21 November 2026; of UTC, like all times of the pages."""
    now = services().now()
    if day(at) == day(now):
        return gettext("Today")
    if day(at) == day(now - DAY):
        return gettext("Yesterday")
    moment = datetime.fromtimestamp(at, UTC)
    if language() == DEFAULT:
        return moment.strftime("%-d %B %Y")
    return format_datetime(moment, "d MMMM y", locale=language())


def short_day(at: float) -> str:
    """21 Nov."""
    moment = datetime.fromtimestamp(at, UTC)
    if language() == DEFAULT:
        return moment.strftime("%-d %b")
    return format_datetime(moment, "d MMM", locale=language())


def _datetime(at: float, english: str, pattern: str) -> str:
    moment = datetime.fromtimestamp(at, UTC)
    if language() == DEFAULT:
        return moment.strftime(f"{english} UTC")
    return f"{format_datetime(moment, pattern, locale=language())} UTC"


def seconds_since(at: float) -> int:
    """Seconds."""
    return max(0, int(services().now() - at))


def time_ago(at: float) -> str:
    """4 min ago."""
    return ago(seconds_since(at))


def time_element(at: float) -> Markup:
    """“4 min ago”, which times.js keeps up to date; the exact time is its title."""
    return Markup('<time datetime="{}" title="{}" data-ago="{}">{}</time>').format(
        iso(at), datetime_minutes(at), seconds_since(at), time_ago(at)
    )


def ago(seconds: int) -> str:
    """4 min ago, of that many seconds."""
    unit, _, text = next(each for each in AGO if seconds < each[1])
    return gettext(text, count=seconds // unit)


# Unit and end of the range in seconds, and the text. static/js/times.js has the same ones.
AGO = (
    (1, 60, N_("{count} s ago")),
    (60, 3600, N_("{count} min ago")),
    (3600, 48 * 3600, N_("{count} h ago")),
    (86400, float("inf"), N_("{count} days ago")),
)
