"""A dedicated connection, outside of the pool, to the server that holds a key."""

from dataclasses import dataclass
from typing import Any

import redis

# Seconds that replicas have to confirm a write.
REPLICATION_TIMEOUT = 0.2


@dataclass(frozen=True)
class DedicatedConnection:
    """It fails if the server is gone. A pool may silently continue with another server."""

    server: redis.Redis
    required_replicas: int
    """Replicas that have to confirm a write; with the server, a majority of the key's holders.

    A master that is cut off from its replicas still answers, but another server may have been
    elected in its place.
    """

    def check_quorum(self) -> None:
        """Raise redis.ConnectionError unless enough replicas have the last write."""
        if not self.required_replicas:
            return
        confirmed: Any = self.server.wait(self.required_replicas, int(REPLICATION_TIMEOUT * 1000))
        if confirmed < self.required_replicas:
            counts = f"{confirmed} of {self.required_replicas} replicas confirm"
            raise redis.ConnectionError(f"{counts}: this may be no master any more")

    def close(self) -> None:
        self.server.close()


def required_replicas(replicas: int) -> int:
    """The replicas that form a majority together with the master."""
    """The replicas that form a majority together with the master."""
    return (replicas + 1) // 2
