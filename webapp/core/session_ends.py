"""The end of all sessions of a user: at once by one value, then row by row.

The value is `session_epoch` of the user's row: a session with a lower epoch has ended. So the end
takes as long for 100,000 sessions as for one. `ended_at` of each row, an event and a tombstone in
Redis follow: in the same step for the first MAX_OPEN_SESSIONS, which usually is all, and for the
others afterwards in batches. A row of the table `session_ends` marks the unfinished work: if the
process dies, the retention job of another one finishes it.
"""

from typing import Protocol

from .models import Session


class SessionEndStore(Protocol):
    """Every method may raise Unavailable."""

    def end_all(self, user_id: str, reason: str, now: int, *, but: str | None) -> list[Session]:
        """End all sessions of a user except `but`; the first MAX_OPEN_SESSIONS of them."""

    def finish_batch(self, now: int, limit: int) -> tuple[list[Session], bool]:
        """Write the end to at most `limit` rows; those sessions, and whether more may be left.

        Sessions and events of a deleted user are removed.
        """
