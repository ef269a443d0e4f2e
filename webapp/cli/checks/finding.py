"""What was looked at, how it is, and what to do about it."""

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True)
class Finding:
    check: str
    """A stable name, such as `redis.version`."""
    level: Level
    found: str
    advice: str = ""

    @classmethod
    def of_setting(cls, complaint: str) -> "Finding":
        """Of a line that says which setting is wrong, and what would be right."""
        return problem("settings", complaint, "correct it; no app starts before")


def ok(check: str, found: str) -> Finding:
    return Finding(check, Level.OK, found)


def warning(check: str, found: str, advice: str) -> Finding:
    return Finding(check, Level.WARNING, found, advice)


def problem(check: str, found: str, advice: str) -> Finding:
    return Finding(check, Level.PROBLEM, found, advice)
