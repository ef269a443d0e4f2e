"""Start: the imports and `create_app()`, in a fresh Python each time."""

import subprocess
import sys
from collections.abc import Mapping

from scripts.bootstrap import ROOT

from . import report
from .contenders import BARE, EVERGREEN, Contender, Entrant
from .rounds import Spread

RUNS = 5
# The Python itself, which has started by then, is not in it.
PROGRAM = """
import sys, time
cpu, wall = time.process_time(), time.perf_counter()
from importlib import import_module
import_module(sys.argv[1]).create_app(*sys.argv[2:])
print((time.process_time() - cpu) * 1000, (time.perf_counter() - wall) * 1000)
"""


def show(entrants: Mapping[Contender, Entrant]) -> None:
    shown = [each for each in entrants if each in (BARE, EVERGREEN) or each.module == "security"]
    runs = [{each: start(entrants[each]) for each in shown} for _ in range(RUNS)]
    report.table(
        f"Start: imports and create_app() (median, min-max of {RUNS})",
        ["", "CPU ms", "ms by the clock"],
        [
            [
                each.name,
                *(report.spread(Spread.of(run[each][i] for run in runs), 0) for i in (0, 1)),
            ]
            for each in shown
        ],
    )


def start(entrant: Entrant) -> list[float]:
    module = f"bench.peers.{entrant.contender.module}"
    command = [sys.executable, "-c", PROGRAM, module, entrant.redis_url, entrant.sql_url]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return [float(number) for number in done.stdout.split()]
