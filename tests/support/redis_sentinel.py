"""Three real servers, and three real sentinels that watch them."""

from pathlib import Path

import redis

from .redis_processes import Process, start_together
from .servers import wait_until

NAME = "evergreen"
# Milliseconds. With less, a busy machine has failovers that no test asked for.
DOWN_AFTER = 1000


class SentinelServers:
    def __init__(self, folder: Path) -> None:
        self.servers = [Process(folder / f"server{n}") for n in range(3)]
        self.sentinels = [Process(folder / f"sentinel{n}", sentinel=True) for n in range(3)]

    @property
    def url(self) -> str:
        nodes = ",".join(f"127.0.0.1:{sentinel.port}" for sentinel in self.sentinels)
        return f"redis+sentinel://{nodes}/{NAME}"

    def start(self) -> "SentinelServers":
        first, *others = self.servers
        first.configure(FOLLOWED)
        for other in others:
            other.configure([*FOLLOWED, f"replicaof 127.0.0.1 {first.port}"])
        for sentinel in self.sentinels:
            sentinel.configure(
                [
                    f"sentinel monitor {NAME} 127.0.0.1 {first.port} 2",
                    f"sentinel down-after-milliseconds {NAME} {DOWN_AFTER}",
                    f"sentinel failover-timeout {NAME} 2000",
                ]
            )
        start_together(self.servers)
        wait_until(lambda: self._followers(first) == 2)
        start_together(self.sentinels)
        wait_until(self.is_whole)
        return self

    def stop(self) -> None:
        for process in self.all:
            process.stop()

    @property
    def all(self) -> list[Process]:
        return [*self.servers, *self.sentinels]

    def master_of(self, _: str = "") -> Process:
        """The one that all sentinels name; while they disagree, it waits for them."""
        wait_until(self._agree)
        (port,) = self._named()
        return next(server for server in self.servers if server.port == port)

    def is_whole(self) -> bool:
        """All sentinels know each other and the same master, and two replicas follow it."""
        try:
            return (
                self._agree()
                and all(self._state(each)["num-other-sentinels"] == 2 for each in self.sentinels)
                and self._followers(self.master_of()) == 2
            )
        except redis.RedisError:
            return False

    def repair(self) -> None:
        """Whatever a test has done: all run again, and agree."""
        for process in self.all:
            process.resume()
            process.remove_password()
            if not process.runs:
                process.start()
        # What sentinels would do by themselves, after ten seconds.
        master = self.master_of()
        for server in self.servers:
            if server is not master:
                server.client().replicaof("127.0.0.1", str(master.port))
        wait_until(self.is_whole)

    def empty(self) -> None:
        self.master_of().client().flushall()

    def kill_master_of(self, key: str) -> Process:
        killed = self.master_of(key)
        killed.stop()
        return killed

    def fail_over(self, key: str) -> Process:
        """As an operator does: another server becomes the master, and nothing is lost."""
        before = self.master_of(key)
        before.wait_for_replicas(key)
        wait_until(self._begins_failover)
        return self.wait_for_another(key, before)

    def _begins_failover(self) -> bool:
        """No, while the sentinel has no recent answer of a replica that was down."""
        try:
            self.sentinels[0].client().execute_command("SENTINEL", "FAILOVER", NAME)
        except redis.ResponseError as error:
            if "NOGOODSLAVE" in str(error):
                return False
            raise
        return True

    def wait_for_another(self, key: str, before: Process) -> Process:
        wait_until(lambda: self.master_of(key) is not before)
        after = self.master_of(key)
        wait_until(lambda: after.client().role()[0] == "master")
        return after

    def cut_off_master(self) -> Process:
        """Sentinels and replicas lose it, and choose another one; it still answers old friends."""
        cut = self.master_of()
        with cut.client() as client:
            client.config_set("requirepass", "not known to others")
            for each in client.client_list():
                if each["name"].startswith("sentinel-") or "S" in each["flags"]:
                    client.client_kill_filter(_id=each["id"])
        cut.password = "not known to others"
        return cut

    def _state(self, sentinel: Process) -> dict[str, object]:
        return sentinel.client().sentinel_master(NAME)

    def _agree(self) -> bool:
        """No, while one of them does not respond in time."""
        try:
            states = [self._state(sentinel) for sentinel in self.sentinels if sentinel.runs]
        except redis.RedisError:
            return False
        busy = any("failover" in str(state["flags"]) for state in states)
        return not busy and len({state["port"] for state in states}) == 1

    def _named(self) -> set[object]:
        return {self._state(sentinel)["port"] for sentinel in self.sentinels if sentinel.runs}

    def _followers(self, server: Process) -> int:
        followers = server.client().info("replication")
        return sum(
            followers.get(f"slave{n}", {}).get("state") == "online"
            for n in range(followers["connected_slaves"])
        )


FOLLOWED = ["repl-diskless-sync yes", "repl-diskless-sync-delay 0", "repl-ping-replica-period 1"]
