"""The way to Redis: settings for an app that must answer now, or say that it can't."""

import socket
from pathlib import Path
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.connection import BlockingConnectionPool, UnixDomainSocketConnection
from redis.retry import Retry

from .cluster import Cluster
from .deadlines import ANSWER_TIMEOUT, CONNECT_TIMEOUT
from .dedicated_connection import DedicatedConnection
from .embedded.server import EmbeddedServer, EmbeddedServerError
from .sentinel import MasterClient, master_client
from .urls import MULTI_SERVER_SCHEMES, RedisUrl

# Seconds that a thread waits when all connections are in use.
POOL_TIMEOUT = 0.1
MAX_CONNECTIONS = 64


def create_client(url: str | None, folder: Path) -> redis.Redis:
    """A client for the server at `url` (redis://, rediss:// or unix://), or for several servers
    (redis_url.py). Connects with the first command.

    Without a url, for the embedded one that keeps its data in `folder`: the first command starts
    it. Safe to share among threads and to carry into forked children. Raises ValueError for a
    url that it can't read.
    """
    if url and url.startswith(MULTI_SERVER_SCHEMES):
        several = RedisUrl.parse(url)
        kind = Cluster if several.kind == "cluster" else master_client
        return kind(several, options(), pool_options())
    if url:
        pool = BlockingConnectionPool.from_url(url, **options(), **pool_options())
    else:
        server = EmbeddedServer(folder)
        pool = BlockingConnectionPool(
            connection_class=EmbeddedConnection, server=server, **options(), **pool_options()
        )
    return redis.Redis(connection_pool=pool)


def make_and_drop(url: str) -> None:
    """Raises what redis-py raises for a wrong `url`. Connects to nothing."""
    client = create_client(url, Path())
    if not isinstance(client, MasterClient | Cluster):
        client.connection_pool.make_connection()


def dedicated_connection(client: redis.Redis, key: str) -> DedicatedConnection:
    """A new connection to the server that has `key` now. Raises redis.RedisError."""
    if isinstance(client, MasterClient | Cluster):
        return client.dedicated_connection(key)
    shared = client.connection_pool
    own = redis.ConnectionPool(shared.connection_class, **shared.connection_kwargs)
    # No replicas are known.
    return DedicatedConnection(
        redis.Redis(connection_pool=own, single_connection_client=True), required_replicas=0
    )


def pool_options() -> dict[str, Any]:
    return {"max_connections": MAX_CONNECTIONS, "timeout": POOL_TIMEOUT}


def options() -> dict[str, Any]:
    return {
        "socket_connect_timeout": CONNECT_TIMEOUT,
        "socket_timeout": ANSWER_TIMEOUT,
        # The library's own default sends a command again whose answer was lost, up to ten times:
        # a rotation would happen twice. What may be repeated is the caller's knowledge.
        "retry": Retry(NoBackoff(), 0),
        "decode_responses": True,
        # Nothing to negotiate, and nothing that the server says unasked: a new connection costs
        # no round trip, so it can't fail or dawdle in one either.
        "protocol": 2,
        "driver_info": None,
    }


class EmbeddedConnection(UnixDomainSocketConnection):
    """Has the embedded server started before it connects: at first, and after it has died."""

    def __init__(self, *, server: EmbeddedServer, **settings: Any) -> None:
        super().__init__(path=server.socket_path, **settings)  # type: ignore[no-untyped-call]
        self._server = server

    def _connect(self) -> socket.socket:
        try:
            self._server.ensure()
        except EmbeddedServerError as error:
            raise redis.ConnectionError(str(error)) from error
        connected: socket.socket = super()._connect()  # type: ignore[no-untyped-call]
        return connected
