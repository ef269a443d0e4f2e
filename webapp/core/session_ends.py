"""The end of all sessions of a user: at once by one value, then row by row.

The value is on the user's row (`session_epoch`): a session that began under a lower one has ended.
So the end takes as long for 100,000 sessions as for one. What else belongs to it (`ended_at` on
each row, an event, a tombstone in Redis) is written with it for the first MOST_OPEN sessions, which
usually is all, and afterwards for the rest, in batches. Until all is written a row of the table
`session_ends` says so: if the process dies, the clean-up of another one finishes it.
"""

from typing import Protocol

from .models import Session


class SessionEndStore(Protocol):
    """Every method may raise Unavailable."""

    def end_all(self, user_id: str, reason: str, now: int, *, but: str | None) -> list[Session]:
        """End all sessions of a user but one. The first MOST_OPEN that ended by it."""

    def finish_batch(self, now: int, limit: int) -> tuple[list[Session], bool]:
        """Write down the end of `limit` more sessions. Those, and whether there may be more to do.

        Of a deleted user, sessions and events are removed.
        """
