"""Adapters of servers that the comparison runs itself, with the operations of their stores."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from tests.conformance import Adapter, NotSupported
from tests.conformance.http import Client, HttpAdapter
from tests.support.servers import free_port

from .processes import Clock, Process, RedisStore, python_module

# Twenty requests at once, each waiting for a database, and some to spare.
THREADS = 64
# Requests of a run. Random schedules and repeated runs stay below it.
BUDGET = 50_000


class Store(Protocol):
    def restart_store(self) -> None: ...
    def empty_store(self) -> None: ...
    def save_store(self) -> None: ...
    def roll_back_store(self) -> None: ...
    def pause_store(self) -> None: ...
    def resume_store(self) -> None: ...


class ProcessStore(Adapter):
    """The store of a server that keeps its tokens in its own process, or beside its accounts.

    It can only be restarted.
    """

    def __init__(self, process: Process) -> None:
        self._process = process

    def restart_store(self) -> None:
        self._process.restart()


@dataclass(kw_only=True)
class OperatedAdapter(HttpAdapter):
    clock: Clock
    store: Store
    client: Client = field(default_factory=lambda: Client(budget=BUDGET))
    accounts_url: str | None = None
    """`POST {"disabled": true}` there disables the account by the server's own means."""

    def advance(self, seconds: float) -> None:
        self.clock.advance(seconds)

    def disable_user(self) -> None:
        self._set_disabled(True)

    def enable_user(self) -> None:
        self._set_disabled(False)

    def _set_disabled(self, disabled: bool) -> None:
        if not self.accounts_url:
            raise NotSupported("the server has no way to disable an account")
        body = json.dumps({"disabled": disabled}).encode()
        headers = {"Content-Type": "application/json"}
        response = self.client.send("POST", self.accounts_url, headers, body)
        assert response.status == 204, response

    def restart_store(self) -> None:
        self.store.restart_store()

    def empty_store(self) -> None:
        self.store.empty_store()

    def save_store(self) -> None:
        self.store.save_store()

    def roll_back_store(self) -> None:
        self.store.roll_back_store()

    def pause_store(self) -> None:
        self.store.pause_store()

    def resume_store(self) -> None:
        self.store.resume_store()


@contextmanager
def wsgi_server(
    app: str, clock: Clock, folder: Path, settings: Mapping[str, str], workers: int = 1
) -> Iterator[Process]:
    """Granian with `app`, as `module:name`."""
    port = free_port()
    options = ["--interface", "wsgi", "--http", "1", "--blocking-threads", str(THREADS)]
    options += ["--workers", str(workers), "--port", str(port), "--no-ws"]
    options += ["--workers-kill-timeout", "2"]
    command = [*python_module("granian"), *options, app]
    server = Process(command, port, clock, folder, settings)
    try:
        yield server.start()
    finally:
        server.stop()


@contextmanager
def redis_store(clock: Clock, folder: Path) -> Iterator[RedisStore]:
    store = RedisStore(clock, folder)
    try:
        yield store
    finally:
        store.stop()
