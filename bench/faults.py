"""The table of faults: what honest clients noticed of each, by the tests in tests/faults."""

import json
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from scripts.bootstrap import ROOT
from tests.support.site import TABLE
from tests.support.tally import COLUMNS

from . import report


def run() -> int:
    """pytest's status."""
    with TemporaryDirectory(prefix="faults-") as folder:
        rows = Path(folder, "rows")
        rows.touch()
        tests = ["-n", "0", "-q", "-k", "under_load", "tests/faults"]
        done = subprocess.run(
            [sys.executable, "-m", "pytest", *tests],
            cwd=ROOT,
            env=os.environ | {TABLE: str(rows)},
            check=False,
        )
        print(f"\nMeasured: {report.machine()}")
        found = [json.loads(line) for line in rows.read_text().splitlines()]
        report.table("What honest clients noticed", ["fault", *COLUMNS], found)
    return done.returncode
