"""Evergreen with its production settings, for the four ways to use it."""

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.conformance.operated import OperatedAdapter, redis_store, wsgi_server
from bench.conformance.processes import Clock, python_module
from bench.peers import EMAIL, PASSWORD
from bench.peers import evergreen as peer
from scripts.bootstrap import ROOT
from webapp.config import Settings

WORKERS = 2
LOGIN = {"email": EMAIL, "password": PASSWORD}


@dataclass(kw_only=True)
class EvergreenAdapter(OperatedAdapter):
    server: "Server"

    def disable_user(self) -> None:
        self.server.run("users", "disable", EMAIL, "--yes")

    def enable_user(self) -> None:
        self.server.run("users", "enable", EMAIL)


class Server:
    """Evergreen at `url`, and the commands of its operator."""

    def __init__(self, clock: Clock, environment: dict[str, str]) -> None:
        self.url = ""
        self.clock = clock
        self.environment = environment
        self._settings = Settings.from_environ(environment)

    def run(self, *arguments: str, typed: str = "") -> str:
        """What the command prints."""
        done = subprocess.run(
            [*python_module("flask"), "--app", "app", *arguments],
            cwd=ROOT,
            env={**os.environ, **self.clock.environment, **self.environment},
            input=typed,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def prepare(self) -> None:
        """Tables, and an account."""
        self.run("db", "upgrade")
        self.run("users", "create", EMAIL, "--password-stdin", typed=f"{PASSWORD}\n")

    def create_client(self) -> dict[str, str]:
        """`client_id` and `client_secret` of a registered client."""
        created: dict[str, str] = json.loads(self.run("clients", "create", "bench", "--json"))
        return {name: created[name] for name in ("client_id", "client_secret")}

    def limits(self) -> dict[str, Any]:
        return {
            "grace": self._settings.refresh_grace,
            "absolute_limit": self._settings.session_max_age,
        }


@contextmanager
def serving(folder: Path) -> Iterator[dict[str, Any]]:
    """What each adapter of Evergreen needs."""
    clock = Clock(folder)
    with redis_store(clock, folder) as store:
        server = Server(clock, environment(folder, store.url))
        server.prepare()
        app = "bench.conformance.peers.apps.evergreen:app"
        with wsgi_server(app, clock, folder, server.environment, workers=WORKERS) as process:
            server.url = process.url
            yield {"server": server, "clock": clock, "store": store, **server.limits()}


def environment(folder: Path, redis_url: str) -> dict[str, str]:
    chosen = peer.settings(folder, redis_url, f"sqlite:///{folder / 'evergreen.db'}")
    # The default.
    del chosen["WEBAPP_ACCESS_TOKEN_TTL"]
    return chosen | {
        "WEBAPP_MODE": "production",
        "WEBAPP_BOOTSTRAP": "0",
        "WEBAPP_RATELIMIT_ENABLED": "false",
    }
