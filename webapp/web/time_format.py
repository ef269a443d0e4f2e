"""Unix seconds, as people and as machines read them."""

from datetime import UTC, datetime

from .services import services


def iso(at: float) -> str:
    """RFC 3339: 2026-11-21T10:00:00Z."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def datetime_minutes(at: float) -> str:
    """21 Nov 2026, 10:00 UTC."""
    return datetime.fromtimestamp(at, UTC).strftime("%-d %b %Y, %H:%M UTC")


def datetime_seconds(at: float) -> str:
    """21 Nov 2026, 10:00:05 UTC."""
    return datetime.fromtimestamp(at, UTC).strftime("%-d %b %Y, %H:%M:%S UTC")


def seconds_since(at: float) -> int:
    """Seconds."""
    return max(0, int(services().now() - at))


def time_ago(at: float) -> str:
    """4 min ago."""
    seconds = seconds_since(at)
    for size, unit, most in ((1, "s", 60), (60, "min", 60), (3600, "h", 48)):
        if seconds < size * most:
            return f"{seconds // size} {unit} ago"
    return f"{seconds // 86400} days ago"
