"""Figures for admins: what happened on each of the last days, and how much there is of what."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

DAY = 86_400


class Series(StrEnum):
    SIGN_INS = "sign_ins"
    FAILED_SIGN_INS = "failed_sign_ins"
    NEW_ACCOUNTS = "new_accounts"
    THEFTS = "thefts"  # sessions that ended because an old refresh token was used again


@dataclass(frozen=True)
class Totals:
    """Each is at most `Statistics.max_total`."""

    users: int
    open_sessions: int
    with_passkey: int
    with_second_step: int


@dataclass(frozen=True)
class DailyCounts:
    counts: Mapping[tuple[Series, int], int]
    """(series, day) → number of events. A day is the Unix time divided by DAY. No key: none."""
    complete: bool
    """False if there were too many events to count those of the first days."""


class Statistics(Protocol):
    """Every method may raise Unavailable."""

    max_total: int
    max_events: int

    def daily(self, first_day: int) -> DailyCounts:
        """Events since that day, of the newest `max_events` events."""

    def totals(self, now: int) -> Totals:
        """Counted up to `max_total` each."""
