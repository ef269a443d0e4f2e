"""A connection of its own to the one server that holds a key."""

from dataclasses import dataclass
from typing import Any

import redis

# Seconds that replicas have to confirm a write.
WITNESSED_WITHIN = 0.2


@dataclass(frozen=True)
class Line:
    """It ends with an error, and never goes on with another server unnoticed, as a pool may."""

    server: redis.Redis
    witnesses: int
    """So many replicas have to confirm a write, or the server may have lost its office.

    With the server itself they are the larger part of those that hold the key. A master that is
    cut off from them still answers, but another one may have been chosen in its place.
    """

    def require_majority(self) -> None:
        """Raise redis.ConnectionError unless replicas still follow what was written last."""
        if not self.witnesses:
            return
        confirmed: Any = self.server.wait(self.witnesses, int(WITNESSED_WITHIN * 1000))
        if confirmed < self.witnesses:
            raise redis.ConnectionError(
                f"{confirmed} of {self.witnesses} replicas confirm: this may be no master any more"
            )

    def close(self) -> None:
        self.server.close()


def witnesses_among(replicas: int) -> int:
    return (replicas + 1) // 2
