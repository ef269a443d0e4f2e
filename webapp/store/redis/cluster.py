"""Redis Cluster: redis-py's own client, made with the first command, and never for long."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import redis
from redis._parsers import Encoder
from redis.commands.core import Script
from redis.connection import BlockingConnectionPool

from .deadlines import DeadlineConnection, DeadlineSSLConnection, deadline
from .dedicated_connection import DedicatedConnection, required_replicas
from .urls import RedisUrl

LIBRARY_ERRORS = (
    redis.RedisClusterException,
    LookupError,
    AttributeError,
    TypeError,
    ValueError,
)


class Cluster(redis.Redis):
    """Sends each command to the node that has its key: one key a command.

    redis-py's RedisCluster asks for the layout when it is made, and fails if there is no answer:
    so it is made with the first command, and by each process (its locks don't survive a fork).
    Of redis.Redis this has the commands, and no connections.
    """

    def __init__(
        self, url: RedisUrl, settings: dict[str, Any], pool_settings: dict[str, Any]
    ) -> None:
        tls = {name: value for name, value in url.options.items() if name.startswith("ssl_")}
        self._nodes = url.nodes
        self._kind = DeadlineSSLConnection if url.tls else DeadlineConnection
        self._settings = {**settings, **tls, "username": url.username, "password": url.password}
        self._pool_settings = pool_settings
        # One a process. Of two threads that make one at once, the first is kept.
        self._made: dict[int, redis.RedisCluster] = {}

    def execute_command(self, *args: Any, **options: Any) -> Any:
        """Raises redis.RedisError and nothing else."""
        with self._asking() as cluster:
            return cluster.execute_command(*args, **options)

    def mget(self, keys: Any, *_: Any) -> list[Any]:
        """From as many nodes as it takes."""
        with self._asking() as cluster:
            values: list[Any] = cluster.mget_nonatomic(keys)
            return values

    def register_script(self, script: Any) -> "NodeScript":
        return NodeScript(self, script)

    def get_encoder(self) -> Encoder:
        return Encoder("utf-8", "strict", True)

    def dedicated_connection(self, key: str) -> DedicatedConnection:
        """Raises redis.RedisError. Asks for the layout anew."""
        with self._asking() as cluster:
            cluster.nodes_manager.initialize()
            node, *replicas = cluster.nodes_manager.slots_cache[cluster.keyslot(key)]
        pool = redis.ConnectionPool(self._kind, host=node.host, port=node.port, **self._settings)
        return DedicatedConnection(
            redis.Redis(connection_pool=pool, single_connection_client=True),
            required_replicas(len(replicas)),
        )

    def __repr__(self) -> str:
        return f"Cluster({self._nodes})"

    def close(self) -> None:
        if made := self._made.pop(os.getpid(), None):
            made.close()

    @contextmanager
    def _asking(self) -> Iterator[redis.RedisCluster]:
        try:
            with deadline():
                yield self._cluster()
        except redis.RedisError:
            raise
        # The library's answer to a layout that it does not know: no node was reached, a slot
        # without an owner, a way to a node that is unknown; or a connection that another
        # thread, with newer news of the layout, is just closing. Start from the URL again.
        except LIBRARY_ERRORS as error:
            self._made.pop(os.getpid(), None)
            why = f"{type(error).__name__}: {error}"
            raise redis.ConnectionError(f"the cluster's layout is not known: {why}") from error

    def _cluster(self) -> redis.RedisCluster:
        process = os.getpid()
        return self._made.get(process) or self._made.setdefault(process, self._make())

    def _make(self) -> redis.RedisCluster:
        (host, port), *others = self._nodes
        return redis.RedisCluster(
            # In this way alone it takes a pool and a kind of connections of ours.
            url=f"redis://{bracketed(host)}:{port}",
            startup_nodes=[redis.cluster.ClusterNode(host, port) for host, port in others],
            # Where a part of the cluster is down, the other parts go on.
            require_full_coverage=False,
            # One MOVED is news enough: of a failover, or of a slot that was not the last one.
            reinitialize_steps=1,
            connection_pool_class=BlockingConnectionPool,
            connection_class=self._kind,
            **self._settings,
            **self._pool_settings,
        )


class NodeScript(Script):
    """Brings its text to the node that lacks it. The library would bring it to all nodes, and
    fail if one of them is down: the outage of one would be an outage of all."""

    def __call__(self, keys: Any = None, args: Any = None, client: Any = None) -> Any:
        words = [*keys, *args]
        try:
            return self.registered_client.evalsha(self.sha, len(keys), *words)
        except redis.exceptions.NoScriptError:  # so it has not run
            text: Any = self.script
            return self.registered_client.eval(text, len(keys), *words)


def bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
