"""Redis Sentinel: redis-py's own client, quick and safe to share among threads."""

from contextlib import suppress
from copy import copy
from typing import Any

import redis
from redis.connection import BlockingConnectionPool, ConnectionPool
from redis.sentinel import Sentinel, SentinelConnectionPool

from .deadlines import (
    DeadlineConnection,
    DeadlineMasterConnection,
    DeadlineMasterSSLConnection,
    DeadlineSSLConnection,
    deadline,
)
from .dedicated_connection import DedicatedConnection, required_replicas
from .urls import RedisUrl

# Seconds. Of three sentinels two may hang, and there is still time to ask the third and the master.
SENTINEL_TIMEOUT = 0.2


class Sentinels(Sentinel):
    def __init__(self, url: RedisUrl, settings: dict[str, Any]) -> None:
        super().__init__([])  # type: ignore[no-untyped-call]
        kind = DeadlineSSLConnection if url.tls else DeadlineConnection
        own = {**settings, "socket_timeout": SENTINEL_TIMEOUT}
        own["username"] = url.options.get("sentinel_username")
        own["password"] = url.options.get("sentinel_password")
        self.sentinels = [
            redis.Redis(connection_pool=ConnectionPool(kind, host=host, port=port, **own))
            for host, port in url.nodes
        ]

    def discover_master(self, service_name: str) -> tuple[str, int]:
        """Raises redis.ConnectionError.

        The library moves the sentinel that answered to the front of its list, in two steps: two
        threads that do it at once could lose another one for ever.
        """
        mine = copy(self)
        mine.sentinels = [*self.sentinels]
        found: tuple[str, int] = Sentinel.discover_master(mine, service_name)
        self.sentinels = mine.sentinels
        return found

    def replicas(self, service_name: str) -> int:
        """How many are known, those that are down included."""
        state: Any = self.sentinels[0].sentinel_master(service_name)
        return int(state["num-slaves"])


class MasterPool(SentinelConnectionPool, BlockingConnectionPool):
    """Connections to the master of the day."""

    def release(self, connection: Any) -> None:
        """One that never learned where the master is would be kept for ever, beside a new one."""
        owned = self.owns_connection(connection)  # type: ignore[no-untyped-call]
        super().release(connection)  # type: ignore[no-untyped-call]
        if not owned:
            with suppress(ValueError):
                self._connections.remove(connection)


class MasterClient(redis.Redis):
    """A client of the current master."""

    def execute_command(self, *args: Any, **options: Any) -> Any:
        with deadline():
            return super().execute_command(*args, **options)  # type: ignore[no-untyped-call]

    def dedicated_connection(self, _: str) -> DedicatedConnection:
        """Raises redis.RedisError. Asking for the address also drops connections to older ones."""
        pool: Any = self.connection_pool
        with deadline():
            host, port = pool.get_master_address()
            replicas = pool.sentinel_manager.replicas(pool.service_name)
        own = {
            name: value
            for name, value in pool.connection_kwargs.items()
            if name not in ("connection_pool", "host", "port")
        }
        kind = (
            DeadlineSSLConnection
            if issubclass(pool.connection_class, DeadlineMasterSSLConnection)
            else DeadlineConnection
        )
        server = ConnectionPool(kind, host=host, port=port, **own)
        return DedicatedConnection(
            redis.Redis(connection_pool=server, single_connection_client=True),
            required_replicas(replicas),
        )


def master_client(
    url: RedisUrl, settings: dict[str, Any], pool_settings: dict[str, Any]
) -> MasterClient:
    """Nothing is asked before the first command."""
    tls = {name: value for name, value in url.options.items() if name.startswith("ssl_")}
    sentinels = Sentinels(url, settings | tls)
    client: MasterClient = sentinels.master_for(  # type: ignore[no-untyped-call]
        url.name,
        redis_class=MasterClient,
        connection_pool_class=MasterPool,
        connection_class=DeadlineMasterSSLConnection if url.tls else DeadlineMasterConnection,
        db=url.db,
        username=url.username,
        password=url.password,
        **settings,
        **tls,
        **pool_settings,
    )
    return client
