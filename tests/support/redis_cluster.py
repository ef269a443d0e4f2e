"""A real cluster of six nodes: three masters, each with a replica."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import redis
from redis.crc import key_slot

from .redis_processes import Process, start_together
from .servers import free_port, wait_until

SLOTS = 16384
# Milliseconds. With less, a busy machine has failovers that no test asked for.
NODE_TIMEOUT = 2000


class ClusterServers:
    def __init__(self, folder: Path) -> None:
        self.nodes = [Process(folder / f"node{n}") for n in range(6)]
        self._buses = {node.port: free_port() for node in self.nodes}

    @property
    def url(self) -> str:
        return "redis+cluster://" + ",".join(f"127.0.0.1:{node.port}" for node in self.nodes[:3])

    def start(self) -> "ClusterServers":
        for node in self.nodes:
            node.configure(
                [
                    "cluster-enabled yes",
                    f"cluster-port {self._buses[node.port]}",
                    f"cluster-node-timeout {NODE_TIMEOUT}",
                    "cluster-replica-validity-factor 0",
                    "cluster-require-full-coverage no",
                    "cluster-allow-replica-migration no",
                    "repl-diskless-sync yes",
                    "repl-diskless-sync-delay 0",
                    "repl-ping-replica-period 1",
                ]
            )
        start_together(self.nodes)
        self._join()
        return self

    def stop(self) -> None:
        for node in self.nodes:
            node.stop()

    def _join(self) -> None:
        masters, replicas = self.nodes[:3], self.nodes[3:]
        for number, (first, last) in enumerate(shares()):
            masters[number].client().execute_command("CLUSTER", "ADDSLOTSRANGE", first, last)
            masters[number].client().execute_command("CLUSTER", "SET-CONFIG-EPOCH", number + 1)
        for node in self.nodes[1:]:
            self.nodes[0].client().execute_command(
                "CLUSTER", "MEET", "127.0.0.1", node.port, self._buses[node.port]
            )
        wait_until(lambda: all(len(self._known(node)) == 6 for node in self.nodes))
        for master, replica in zip(masters, replicas, strict=True):
            replica.client().execute_command("CLUSTER", "REPLICATE", self.id_of(master))
        wait_until(self.is_whole)

    def is_whole(self) -> bool:
        """Every node sees the same three masters of all slots, each followed by one replica."""
        try:
            views = [spans(node) for node in self.nodes]
            healthy = all(
                node.client().cluster("info")["cluster_state"] == "ok" for node in self.nodes
            )
            links = [node.client().info("replication") for node in self.nodes]
        except redis.RedisError:
            return False
        return (
            healthy
            and all(view == views[0] for view in views)
            and sum(last - first + 1 for first, last, *_ in views[0]) == SLOTS
            and all(len(nodes) == 2 for _, _, *nodes in views[0])
            and sum(link.get("master_link_status") == "up" for link in links) == 3
        )

    def repair(self) -> None:
        """Whatever a test has done: all run again, and agree."""
        for node in self.nodes:
            node.resume()
            if not node.runs:
                node.start()
        wait_until(self.is_whole)

    @property
    def all(self) -> list[Process]:
        return self.nodes

    def empty(self) -> None:
        for node in self.nodes:
            if self._is_master(node):
                node.client().flushall()

    def master_of(self, key: str) -> Process:
        """As most of the nodes see it."""
        named = [self._owner(node, key) for node in self.nodes if node.runs]
        port = max(set(named), key=named.count)
        return self._at(port)

    def replica_of(self, master: Process) -> Process:
        return next(
            self._at(followers[0])
            for _, _, port, *followers in spans(master)
            if port == master.port
        )

    def kill_master_of(self, key: str) -> Process:
        killed = self.master_of(key)
        killed.stop()
        return killed

    def fail_over(self, key: str) -> Process:
        """As an operator does: the replica takes over, and nothing is lost."""
        before = self.master_of(key)
        self.replica_of(before).client().execute_command("CLUSTER", "FAILOVER")
        return self.wait_for_another(key, before)

    def wait_for_another(self, key: str, before: Process) -> Process:
        wait_until(lambda: self.master_of(key) is not before)
        return self.master_of(key)

    @contextmanager
    def moving(self, key: str) -> Iterator[Process]:
        """Give the slot of a key to another master, as redis-cli does. Inside, its keys have gone
        there already, and the slot has not: the old master points to the new one (ASK).
        """
        source = self.master_of(key)
        slot = key_slot(key.encode())
        target = next(node for node in self.nodes if self._is_master(node) and node is not source)
        source_id, target_id = self.id_of(source), self.id_of(target)
        here, there = source.client(), target.client()
        there.execute_command("CLUSTER", "SETSLOT", slot, "IMPORTING", source_id)
        here.execute_command("CLUSTER", "SETSLOT", slot, "MIGRATING", target_id)
        while keys := here.execute_command("CLUSTER GETKEYSINSLOT", slot, 100):
            here.execute_command(
                "MIGRATE", "127.0.0.1", target.port, "", 0, 1000, "REPLACE", "KEYS", *keys
            )
        yield target
        for node in (target, source, *self.nodes):
            if self._is_master(node):
                node.client().execute_command("CLUSTER", "SETSLOT", slot, "NODE", target_id)

    def move(self, key: str) -> Process:
        with self.moving(key) as target:
            return target

    def spare(self) -> Process:
        """A node that belongs to no cluster yet."""
        spare = Process(self.nodes[0].folder.parent / f"spare{free_port()}")
        spare.configure(["cluster-enabled yes", f"cluster-port {free_port()}"])
        spare.start()
        return spare

    def id_of(self, node: Process) -> str:
        return node.client().execute_command("CLUSTER", "MYID")

    def _is_master(self, node: Process) -> bool:
        return node.runs and node.client().role()[0] == "master"

    def _at(self, port: int) -> Process:
        return next(node for node in self.nodes if node.port == port)

    def _known(self, node: Process) -> list[str]:
        lines = node.client().execute_command("CLUSTER", "NODES", NEVER_PARSE=True)
        return [line for line in str(lines).splitlines() if "handshake" not in line]

    def _owner(self, node: Process, key: str) -> int:
        slot = key_slot(key.encode())
        return next((port for first, last, port, *_ in spans(node) if first <= slot <= last), 0)


def spans(node: Process) -> list[list[int]]:
    """First slot, last slot, and the ports of the master and its replicas, as one node sees it."""
    slots = node.client().execute_command("CLUSTER SLOTS")
    return sorted([first, last, *(each[1] for each in nodes)] for first, last, *nodes in slots)


def shares() -> list[tuple[int, int]]:
    third = SLOTS // 3
    return [(0, third - 1), (third, 2 * third - 1), (2 * third, SLOTS - 1)]
