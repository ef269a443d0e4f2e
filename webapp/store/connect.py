"""The way to Redis: settings for an app that must answer now, or say that it can't."""

import socket
from pathlib import Path
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.connection import BlockingConnectionPool, UnixDomainSocketConnection
from redis.retry import Retry

from webapp.store.embedded import EmbeddedServer, EmbeddedServerError

# Seconds; together less than one. A page that can't be served is a 503 now, not in ten seconds.
CONNECT_TIMEOUT = 0.3
ANSWER_TIMEOUT = 0.5
# Seconds that a thread waits when all connections are in use.
POOL_TIMEOUT = 0.1
MAX_CONNECTIONS = 64


def redis_client(url: str | None, folder: Path) -> redis.Redis:
    """A client for the server at `url` (redis://, rediss:// or unix://).

    Without a url, for the embedded one that keeps its data in `folder`: the first command starts
    it. Safe to share among threads and to carry into forked children. Raises ValueError for a
    url that it can't read.
    """
    if url:
        pool = BlockingConnectionPool.from_url(url, **options())
    else:
        server = EmbeddedServer(folder)
        pool = BlockingConnectionPool(
            connection_class=EmbeddedConnection, server=server, **options()
        )
    return redis.Redis(connection_pool=pool)


def options() -> dict[str, Any]:
    return {
        "max_connections": MAX_CONNECTIONS,
        "timeout": POOL_TIMEOUT,
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
