"""Soak test: 200 honest clients for half an hour, with a fault each minute.

The clients are browsers with two tabs, early reloads, suspended laptops, logouts, sessions ended
from another device; and programs that lose responses. Every wrong response is counted.
"""

import itertools
import time
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.support import faults
from tests.support.app_server import AppServer
from tests.support.environment import Site, served, site
from tests.support.load import Crowd, Habits
from tests.support.outcomes import WRONG, Tally

from . import report

PEOPLE, PROGRAMS = 150, 50
HABITS = Habits(pause=4, leaving=0.02, laptops=0.03)
# Seconds. Shorter: more refreshes; but a request that is overtaken by two looks like theft.
ACCESS_TTL = 6
MINUTE, BEFORE, FAULT = 60, 10, 5
COLUMNS = ["requests", "refreshes", "ends", "503", "no response", *WRONG]
TIMES = ["p50 ms", "p99 ms", "recovery s"]


def run(minutes: int) -> None:
    print(f"Measured: {report.machine()}")
    with (
        TemporaryDirectory(prefix="soak-") as folder,
        site(Path(folder), PEOPLE, PROGRAMS) as here,
        served(here, WEBAPP_ACCESS_TOKEN_TTL=str(ACCESS_TTL)) as server,
    ):
        crowd = here.crowd(server, HABITS).settle()
        try:
            soak(minutes, here, server, crowd)
        finally:
            crowd.stop()


def soak(minutes: int, here: Site, server: AppServer, crowd: Crowd) -> None:
    kinds = itertools.cycle(faults.of_all_kinds(here, server).items())
    totals: Counter[str] = Counter()
    header = ["minute", "fault", *COLUMNS, *TIMES, "MB: server, workers, Redis"]
    print(f"\n| {' | '.join(header)} |\n| {' | '.join(['---:'] * len(header))} |", flush=True)
    for minute in range(1, minutes + 1):
        name, fault = next(kinds)
        tally = run_minute(fault, crowd)
        counts = counted(tally)
        totals.update(counts)
        shown = [str(counts[each]) for each in COLUMNS]
        show(str(minute), name, *shown, *times(tally), memory(here, server))
        for example in tally.examples[:3]:
            print(f"  {example}", flush=True)
    show("all", "", *(str(totals[each]) for each in COLUMNS), *[""] * len(TIMES), "")


def run_minute(fault: faults.Fault, crowd: Crowd) -> Tally:
    """One minute with one fault."""
    tally = crowd.resume()
    time.sleep(BEFORE)
    with fault():
        time.sleep(FAULT)
    tally.fault_ended = time.monotonic()
    time.sleep(max(0, tally.began + MINUTE - time.monotonic()))
    return tally


def counted(tally: Tally) -> Counter[str]:
    unanswered = {"503": len(tally.having_status(503)), "no response": len(tally.having_status(0))}
    return Counter({"requests": len(tally.answers), **tally.events, **unanswered, **tally.wrong})


def times(tally: Tally) -> list[str]:
    middle, slow = (f"{tally.percentile(share) * 1000:.0f}" for share in (0.5, 0.99))
    return [middle, slow, f"{tally.recovery:.1f}"]


def memory(here: Site, server: AppServer) -> str:
    """Resident memory in MB."""
    pids = [server.pid, *server.workers(), here.redis.pid]
    return " ".join(str(resident(pid)) for pid in pids)


def resident(pid: int) -> int:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * 4096 // 2**20


def show(*cells: str) -> None:
    print(f"| {' | '.join(cells)} |", flush=True)
