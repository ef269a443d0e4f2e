"""A connection of its own to the one server that holds a key."""

from dataclasses import dataclass
from typing import Any

import redis

# Seconds that replicas have to confirm a write.
REPLICATION_TIMEOUT = 0.2


@dataclass(frozen=True)
class DedicatedConnection:
    """It ends with an error, and never goes on with another server unnoticed, as a pool may."""

    server: redis.Redis
    required_replicas: int
    """So many replicas have to confirm a write, or the server may have lost its office.

    With the server itself they are the larger part of those that hold the key. A master that is
    cut off from them still answers, but another one may have been chosen in its place.
    """

    def check_quorum(self) -> None:
        """Raise redis.ConnectionError unless replicas still follow what was written last."""
        if not self.required_replicas:
            return
        confirmed: Any = self.server.wait(self.required_replicas, int(REPLICATION_TIMEOUT * 1000))
        if confirmed < self.required_replicas:
            counts = f"{confirmed} of {self.required_replicas} replicas confirm"
            raise redis.ConnectionError(f"{counts}: this may be no master any more")

    def close(self) -> None:
        self.server.close()


def required_replicas(replicas: int) -> int:
    return (replicas + 1) // 2
