"""Real servers of Debian's redis, as parts of something bigger: stopped, paused and started."""

import os
import signal
import subprocess
from pathlib import Path

import redis

from .servers import free_port, wait_until


class Process:
    """One server or sentinel, with a port and a configuration that it may write itself."""

    def __init__(self, folder: Path, *, sentinel: bool = False) -> None:
        folder.mkdir(parents=True)
        self.folder = folder
        self.port = free_port()
        self._mode = ["--sentinel"] if sentinel else []
        self.password: str | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def configure(self, lines: list[str]) -> None:
        common = [f"port {self.port}", "bind 127.0.0.1", f"dir {self.folder}"]
        if not self._mode:
            common.append("save ''")
        (self.folder / "redis.conf").write_text("\n".join([*common, *lines, ""]))

    def start(self) -> None:
        self.launch()
        wait_until(self.answers)

    def launch(self) -> None:
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                ["redis-server", str(self.folder / "redis.conf"), *self._mode], stdout=log
            )

    @property
    def runs(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def stop(self) -> None:
        """At once, as by a power cut."""
        if self._process and self.runs:
            self._process.kill()
            self._process.wait()

    def pause(self) -> None:
        """Hang: connections open, and get no answer."""
        assert self._process
        os.kill(self._process.pid, signal.SIGSTOP)

    def resume(self) -> None:
        if self.runs:
            assert self._process
            os.kill(self._process.pid, signal.SIGCONT)

    def remove_password(self) -> None:
        if self.password and self.runs:
            self.client().config_set("requirepass", "")
        self.password = None

    def client(self) -> "redis.Redis":
        return redis.Redis(
            port=self.port,
            password=self.password,
            decode_responses=True,
            protocol=2,
            socket_timeout=2,
        )

    def wait_for_replicas(self, key: str) -> None:
        """Until each replica of this master has what was written; `key` belongs to this master.

        A replica that is "online" may not yet receive commands: it has to confirm a write.
        """
        with self.client() as client:
            replicas = len(client.role()[2])
            client.set(f"{{{key}}}:probe", "", ex=1)
            wait_until(lambda: client.wait(replicas, 500) == replicas)

    def answers(self) -> bool:
        try:
            return bool(self.client().ping())
        except redis.RedisError:
            return False


def start_together(processes: list[Process]) -> None:
    for process in processes:
        process.launch()
    for process in processes:
        wait_until(process.answers)
