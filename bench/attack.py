"""Six attacks on a server without a proxy, beside honest clients.

The attackers run at the lowest priority: real ones would not use the CPU of this machine.
"""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.support.app_server import WORKERS
from tests.support.browser import PASSWORD
from tests.support.environment import served, site
from tests.support.load import Crowd, Habits
from tests.support.outcomes import WRONG, Tally
from webapp import create_app

from . import attackers, report

PEOPLE, PROGRAMS = 14, 6
DIRECT = {"WEBAPP_TRUSTED_PROXIES": "0", "WEBAPP_BCRYPT_ROUNDS": "12"}
# Without logouts: the figures are of pages, API calls and refreshes, and of no sign-in.
NO_LOGOUTS = Habits(leaving=0)
COLUMNS = ["attack", "requests", "503", "no response", *WRONG, "p50 ms", "p99 ms", "p99 / idle"]


def run(seconds: int) -> None:
    """Run each attack for `seconds`."""
    print(f"Measured: {report.machine()}")
    with (
        TemporaryDirectory(prefix="attack-") as folder,
        site(Path(folder), PEOPLE, PROGRAMS, **DIRECT) as here,
    ):
        app = create_app(here.environment)
        with app.app_context():
            accounts = app.extensions["evergreen"].accounts
            accounts.register(attackers.ACCOUNT, PASSWORD, now=time.time())
        with served(here) as server:
            crowd = here.crowd(server, NO_LOGOUTS).settle()
            try:
                rows = list(attack_in_turn(crowd, int(server.place), seconds))
            finally:
                crowd.stop()
            replaced = server.started - WORKERS
    report.table("Honest clients during an attack", COLUMNS, rows)
    print(f"\nWorkers that were replaced: {replaced}")


def attack_in_turn(crowd: Crowd, port: int, seconds: int) -> Iterator[list[str]]:
    idle = observe(crowd, seconds)
    yield row("none", idle, idle)
    for kind in attackers.KINDS:
        with attack(kind, port, seconds):
            yield row(kind.replace("_", " "), observe(crowd, seconds), idle)


def observe(crowd: Crowd, seconds: int) -> Tally:
    tally = crowd.resume()
    time.sleep(seconds)
    crowd.pause()
    return tally


@contextmanager
def attack(kind: str, port: int, seconds: int) -> Iterator[None]:
    command = ["nice", "-n", "19", sys.executable, "-m", "bench.attackers"]
    process = subprocess.Popen([*command, kind, str(port), str(seconds)])
    try:
        yield
    finally:
        process.terminate()
        process.wait()


def row(name: str, tally: Tally, idle: Tally) -> list[str]:
    unanswered = [str(len(tally.having_status(status))) for status in (503, 0)]
    wrong = [str(tally.wrong[each]) for each in WRONG]
    times = [f"{tally.percentile(share) * 1000:.0f}" for share in (0.5, 0.99)]
    ratio = f"{tally.percentile(0.99) / max(idle.percentile(0.99), 0.001):.1f}"
    return [name, str(len(tally.answers)), *unanswered, *wrong, *times, ratio]
