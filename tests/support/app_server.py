"""The app as in production: Granian with two workers, which a test may kill, stop and reload."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from scripts.bootstrap import ROOT

from .servers import free_port, wait_until
from .wrong_clock import WRONG_BY

WORKERS = 2
# Seconds. On a machine that is busy with other tests an app takes long to load.
PATIENCE = 30
# Seconds between the start of a new worker and the end of the one that it stands in for: in it
# the new one has to load.
RESPAWN_INTERVAL = 3
# Seconds that a worker gets to finish its requests.
KILL_TIMEOUT = 10


class AppServer:
    """Listens on `place`: a port, or the path of a socket. Its clock is `wrong_by` seconds."""

    def __init__(
        self, environment: dict[str, str], place: int | str = 0, wrong_by: int = 0
    ) -> None:
        self.place = place or free_port()
        self.log = Path(environment["WEBAPP_INSTANCE_PATH"]) / f"server-{free_port()}.log"
        self._environment = os.environ | {"WEBAPP_BOOTSTRAP": "0"} | environment
        self._app = "app:app"
        if wrong_by:
            self._app = "tests.support.wrong_clock:app"
            self._environment[WRONG_BY] = str(wrong_by)
        self._process: subprocess.Popen[bytes] | None = None

    def launch(self) -> None:
        at = ["--uds", self.place] if isinstance(self.place, str) else ["--port", str(self.place)]
        options = ["--interface", "wsgi", "--http", "1", "--blocking-threads", "512"]
        options += ["--http1-buffer-size", "16384", "--backlog", "4096", "--backpressure", "16384"]
        options += ["--workers", str(WORKERS)]
        options += ["--respawn-failed-workers", "--respawn-interval", str(RESPAWN_INTERVAL)]
        options += ["--workers-kill-timeout", str(KILL_TIMEOUT)]
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "granian", *options, *at, self._app],
                cwd=ROOT,
                env=self._environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def wait_until_ready(self) -> "AppServer":
        wait_until(lambda: self.started >= WORKERS, PATIENCE)
        return self

    @property
    def started(self) -> int:
        """How many workers have ever begun to listen."""
        assert self._process
        assert self._process.poll() is None, self.output
        return self.output.count("Started worker-")

    @property
    def stopped(self) -> int:
        return self.output.count("Stopped old worker-")

    @property
    def output(self) -> str:
        return self.log.read_text()

    @property
    def pid(self) -> int:
        assert self._process
        return self._process.pid

    def workers(self) -> list[int]:
        """Their process ids."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        return [int(pid) for pid in children if "granian" in command(int(pid))]

    def signal_worker(self, signum: signal.Signals, worker: int | None = None) -> int:
        """To the first of them; its id."""
        pid = worker or self.workers()[0]
        os.kill(pid, signum)
        return pid

    def reload(self) -> None:
        """New workers one by one, each before an old one ends; return when that is done."""
        started, stopped = self.started + WORKERS, self.stopped + WORKERS
        os.kill(self.pid, signal.SIGHUP)
        wait_until(lambda: self.started >= started and self.stopped >= stopped, PATIENCE)

    def stop(self) -> None:
        assert self._process
        self._process.terminate()
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()


def command(pid: int) -> str:
    path = Path(f"/proc/{pid}/cmdline")
    return path.read_text() if path.exists() else ""
