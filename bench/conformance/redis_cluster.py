"""A Redis Cluster of three masters that can fail."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.redis_cluster import shares
from tests.support.servers import free_port, wait_until

from .processes import Clock, RedisStore

# Milliseconds. Longer than any move of the clock: the nodes must not take it for an outage.
NODE_TIMEOUT = 2_000_000_000


class ClusterStore:
    """The methods are those of an adapter's store; each applies to all nodes."""

    def __init__(self) -> None:
        self.nodes: list[RedisStore] = []

    @property
    def url(self) -> str:
        hosts = [f"127.0.0.1:{node.process.port}" for node in self.nodes]
        return f"redis+cluster://{','.join(hosts)}"

    def start(self, clock: Clock, folder: Path) -> None:
        buses = [free_port() for _ in range(3)]
        for number, bus in enumerate(buses):
            home = folder / f"node{number}"
            home.mkdir()
            options = ["--cluster-enabled", "yes", "--cluster-port", str(bus)]
            options += ["--cluster-node-timeout", str(NODE_TIMEOUT)]
            self.nodes.append(RedisStore(clock, home, *options))
        self._join(buses)

    def _join(self, buses: list[int]) -> None:
        for number, (node, (first, last)) in enumerate(zip(self.nodes, shares(), strict=True)):
            node.send("CLUSTER", "ADDSLOTSRANGE", first, last)
            node.send("CLUSTER", "SET-CONFIG-EPOCH", number + 1)
        for node, bus in zip(self.nodes[1:], buses[1:], strict=True):
            self.nodes[0].send("CLUSTER", "MEET", "127.0.0.1", node.process.port, bus)
        self._wait()

    def _wait(self) -> None:
        wait_until(lambda: all(knows_all(node) for node in self.nodes))

    def restart_store(self) -> None:
        for node in self.nodes:
            node.restart_store()
        self._wait()

    def empty_store(self) -> None:
        for node in self.nodes:
            node.empty_store()

    def save_store(self) -> None:
        for node in self.nodes:
            node.save_store()

    def roll_back_store(self) -> None:
        for node in self.nodes:
            node.roll_back_store()
        self._wait()

    def pause_store(self) -> None:
        for node in self.nodes:
            node.pause_store()

    def resume_store(self) -> None:
        for node in self.nodes:
            node.resume_store()
        time.sleep(0.1)

    def stop(self) -> None:
        for node in self.nodes:
            node.stop()


def knows_all(node: RedisStore) -> bool:
    """Whether the node sees every slot served."""
    info = str(node.send("CLUSTER", "INFO"))
    return "cluster_state:ok" in info and "cluster_known_nodes:3" in info


@contextmanager
def redis_cluster(clock: Clock, folder: Path) -> Iterator[ClusterStore]:
    store = ClusterStore()
    try:
        store.start(clock, folder)
        yield store
    finally:
        store.stop()
