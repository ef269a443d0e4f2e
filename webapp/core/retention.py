"""Clean-up: rows of sessions that are long over, old events, and accounts that were never
confirmed. It needs no cron.

The row of an ended session is what refuses its tokens, should Redis be restored from before the
end: without it they would be healed. So it outlives every token that was ever made of it, however
short the settings say that it is kept.
"""

from dataclasses import dataclass
from typing import Protocol

from .email_tokens import UNDO_TTL
from .session_ends import SessionEndStore
from .sessions import Sessions

# Seconds beyond the last token: clocks of hosts that differ, and requests that were under way
# when the session ended.
MARGIN = 24 * 3600
# Seconds since a browser's last sign-in. No browser keeps its device cookie for longer.
DEVICES_KEPT = 400 * 24 * 3600
# Rows that one transaction removes: SQLite has no room for another writer meanwhile.
BATCH = 500
# Accounts, each with its rows of other tables.
ACCOUNTS = 50


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
    """What has been kept in SQL for long. Each call removes `limit` rows at most, and counts them.

    Every method may raise Unavailable.
    """

    def remove_expired_sessions(self, before: int, limit: int) -> int:
        """Whose absolute limit was before that moment, however they ended."""

    def remove_ended_sessions(self, before: int, last_token_before: int, limit: int) -> int:
        """Which were ended before `before`; their tokens expired before `last_token_before`."""

    def remove_events(self, before: int, limit: int) -> int: ...

    def remove_email_changes(self, before: int, limit: int) -> int: ...

    def remove_pending_accounts(self, before: int, limit: int) -> int:
        """Registered before that moment, with an address that was never confirmed.

        Those that an admin has disabled or given a role stay.
        """

    def remove_devices(self, before: int, limit: int) -> int:
        """Browsers whose last sign-in to the account was before that moment."""


@dataclass(frozen=True)
class RetentionPolicy:
    store: RetentionStore
    ends: SessionEndStore
    sessions: Sessions
    sessions_kept: int
    """Seconds after a session's end."""
    events_kept: int
    pending_kept: int
    """Seconds after a registration whose address is not confirmed."""

    def purge_batch(self, now: float) -> Removed:
        """One batch of each, each in a transaction of its own. Raises Unavailable."""
        tokens_gone = int(now) - MARGIN
        over = tokens_gone - self.sessions_kept
        batches = (
            self.store.remove_expired_sessions(over, BATCH),
            self.store.remove_ended_sessions(over, tokens_gone, BATCH),
            self.store.remove_events(int(now) - self.events_kept, BATCH),
            self.store.remove_pending_accounts(int(now) - self.pending_kept, ACCOUNTS),
            self.store.remove_email_changes(int(now) - UNDO_TTL, BATCH),
            self.store.remove_devices(int(now) - DEVICES_KEPT, BATCH),
        )
        expired, ended, events, accounts, *_ = batches
        unfinished = self.finish_ends(now)
        more = unfinished or BATCH in batches or accounts == ACCOUNTS
        return Removed(expired + ended, events, accounts, more)

    def finish_ends(self, now: float) -> bool:
        """Write down the next batch of sessions that ended with all others of their user.

        Whether there may be more. Raises Unavailable.
        """
        ended, more = self.ends.finish_batch(int(now), BATCH)
        self.sessions.write_tombstone(ended, now)
        return more
