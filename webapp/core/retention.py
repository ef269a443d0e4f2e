"""Retention: deletes old sessions, old events, and accounts that were never verified.

The row of an ended session refuses its tokens if Redis is restored to a time before the end:
without it they would be healed. So the row outlives every token of the session, even if the
settings are shorter.
"""

from dataclasses import dataclass
from typing import Protocol

from .email_tokens import UNDO_TTL
from .session_ends import SessionEndStore
from .sessions import Sessions

# Seconds after the last token's expiry: for clock skew between hosts, and for requests that were
# running when the session ended.
MARGIN = 24 * 3600
# Seconds since a browser's last sign-in: the lifetime of the device cookie.
DEVICE_TTL = 400 * 24 * 3600
# Rows that one transaction deletes. SQLite allows no other writer meanwhile.
BATCH = 500
# Accounts that one transaction deletes, each with its rows in other tables.
ACCOUNT_BATCH = 50


@dataclass(frozen=True)
class Removed:
    sessions: int = 0
    events: int = 0
    accounts: int = 0
    more: bool = False
    """Whether there may be more to remove now."""

    def __add__(self, other: "Removed") -> "Removed":
        sessions, events = self.sessions + other.sessions, self.events + other.events
        return Removed(sessions, events, self.accounts + other.accounts, other.more)


class RetentionStore(Protocol):
    """Deletes old rows in SQL. Each call deletes at most `limit` rows, and returns the number.

    Every method may raise Unavailable.
    """

    def remove_expired_sessions(self, before: int, limit: int) -> int:
        """Delete sessions with an absolute limit before that time."""

    def remove_ended_sessions(self, before: int, last_token_before: int, limit: int) -> int:
        """Delete sessions that ended before `before`, if their tokens have expired as well."""

    def remove_events(self, before: int, limit: int) -> int: ...

    def remove_email_changes(self, before: int, limit: int) -> int: ...

    def remove_pending_accounts(self, before: int, limit: int) -> int:
        """Delete accounts that were registered before that time and never verified.

        Accounts that an admin has disabled or given a role stay.
        """

    def remove_devices(self, before: int, limit: int) -> int:
        """Delete devices with a last sign-in before that time."""


@dataclass(frozen=True)
class RetentionPolicy:
    store: RetentionStore
    ends: SessionEndStore
    sessions: Sessions
    sessions_kept: int
    """Seconds after a session's end."""
    events_kept: int
    pending_kept: int
    """Seconds after a registration without verification."""

    def purge_batch(self, now: float) -> Removed:
        """Delete one batch of each kind, each in its own transaction. Raises Unavailable."""
        tokens_expired = int(now) - MARGIN
        sessions_old = tokens_expired - self.sessions_kept
        batches = (
            self.store.remove_expired_sessions(sessions_old, BATCH),
            self.store.remove_ended_sessions(sessions_old, tokens_expired, BATCH),
            self.store.remove_events(int(now) - self.events_kept, BATCH),
            self.store.remove_pending_accounts(int(now) - self.pending_kept, ACCOUNT_BATCH),
            self.store.remove_email_changes(int(now) - UNDO_TTL, BATCH),
            self.store.remove_devices(int(now) - DEVICE_TTL, BATCH),
        )
        expired, ended, events, accounts, *_ = batches
        unfinished = self.finish_ends(now)
        more = unfinished or BATCH in batches or accounts == ACCOUNT_BATCH
        return Removed(expired + ended, events, accounts, more)

    def finish_ends(self, now: float) -> bool:
        """Write the end of the next batch of sessions that ended with all others of their user.

        Returns whether more may be left. Raises Unavailable.
        """
        ended, more = self.ends.finish_batch(int(now), BATCH)
        self.sessions.write_batch_of_tombstones(ended, now)
        return more
