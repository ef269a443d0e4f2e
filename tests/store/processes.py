"""Other processes that use the embedded server, to be led and killed by a test."""

import multiprocessing
import os
import signal
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import redis

from webapp.store.redis.embedded.server import EmbeddedServer, has_supervisor

# Forked from a process that has imported this file once: quick, and without pytest's threads.
context = multiprocessing.get_context("forkserver")
context.set_forkserver_preload([__name__])


class UserProcess:
    """Runs one function of `EmbeddedServer` after the other, as the test asks for them."""

    def __init__(self, folder: Path) -> None:
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=serve, args=(folder, theirs), daemon=True)
        self._process.start()
        theirs.close()

    def begin(self, function: Callable[[EmbeddedServer], Any]) -> None:
        self._pipe.send(function)

    def result(self) -> Any:
        assert self._pipe.poll(20), "the other process does not answer"
        return self._pipe.recv()

    def do(self, function: Callable[[EmbeddedServer], Any]) -> Any:
        self.begin(function)
        return self.result()

    def kill(self, signum: int = signal.SIGKILL) -> None:
        if self._process.is_alive() and self._process.pid:
            os.kill(self._process.pid, signum)
        self._process.join()
        self._pipe.close()


NewUser = Callable[[], UserProcess]


def serve(folder: Path, pipe: Connection) -> None:
    server = EmbeddedServer(folder)
    while True:
        try:
            function = pipe.recv()
        except EOFError:  # the test is over
            return
        pipe.send(function(server))


def join(server: EmbeddedServer) -> int:
    """Count among its users; the answer is the server's process id."""
    server.ensure()
    return server_pid(server)


def leave(server: EmbeddedServer) -> None:
    server.release()


def go_on_as_child(server: EmbeddedServer) -> None:
    """Fork and end, as a preloading server does that turns into a daemon."""
    if os.fork():
        os._exit(0)


def fork_and_leave(server: EmbeddedServer) -> None:
    """Fork and, in the parent, leave: the answers come from the child."""
    if child := os.fork():
        server.release()
        os.waitpid(child, 0)
        os._exit(0)


def server_pid(server: EmbeddedServer) -> int:
    with redis.Redis(unix_socket_path=server.socket_path) as client:
        pid: int = client.info("server")["process_id"]
        return pid


def is_alive(pid: int) -> bool:
    # A zombie does nothing any more; when it is buried is the init process's business.
    status = Path(f"/proc/{pid}/stat")
    try:
        os.kill(pid, 0)
        return not status.exists() or status.read_text().rpartition(") ")[2][0] != "Z"
    except (ProcessLookupError, FileNotFoundError):  # it may end at any moment
        return False


def is_running(folder: Path) -> bool:
    return (folder / "keeper.lock").exists() and has_supervisor(folder)


def number_of_starts(folder: Path) -> int:
    return (folder / "server.log").read_text().count("Ready to accept connections")


def client_of(server: EmbeddedServer) -> "redis.Redis":
    return redis.Redis(unix_socket_path=server.socket_path, decode_responses=True)


def program(folder: Path, line: str, name: str = "program") -> str:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{line}\n")
    path.chmod(0o755)
    return str(path)
