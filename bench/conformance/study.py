"""Run the conformance kit against Evergreen and its peers, and put the results side by side."""

import shutil
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory

from scripts.bootstrap import ROOT, stop
from tests.conformance import Report, run
from tests.conformance.reports import FORMATS
from tests.conformance.reports.markdown import by_group, side_by_side, table

from .. import report as machine_report
from .peer import Peer
from .peers import NAMES
from .processes import find_library

# Reports of the last run, one page a server.
REPORTS = ROOT / "instance" / "conformance"
# Seconds. The servers have clocks that can be moved, so no check waits longer.
PATIENCE = 5


def study(runs: int, only: Sequence[str] = ()) -> None:
    """Each server `runs` times, each time with new data."""
    require_programs()
    print(f"Measured: {machine_report.machine()}\n")
    shutil.rmtree(REPORTS, ignore_errors=True)
    REPORTS.mkdir(parents=True)
    firsts: list[Report] = []
    for name in NAMES:
        if only and name not in only:
            continue
        peer: Peer = import_module(f"bench.conformance.peers.{name}").PEER
        reports = [run_once(peer) for _ in range(runs)]
        firsts.append(reports[0])
        (REPORTS / f"{name}.html").write_text(FORMATS["html"](reports[0]))
        show(peer, reports)
    print(by_group(firsts))
    print(side_by_side(firsts))
    print(f"Pictures of the failures: {REPORTS.relative_to(ROOT)}/")


def require_programs() -> None:
    """At the start, and not after ten minutes."""
    find_library()
    if not shutil.which("npm"):
        stop("the servers of npm need Node 20 and npm (Debian: apt-get install npm).")


def run_once(peer: Peer) -> Report:
    with TemporaryDirectory(prefix="conformance-") as folder, peer.start(Path(folder)) as adapter:
        adapter.name = peer.name
        report = run(adapter, patience=PATIENCE)
        adapter.close()
        return report


def show(peer: Peer, reports: Sequence[Report]) -> None:
    print(f"## {peer.name}\n")
    print("\n".join(f"- {line}" for line in (peer.label, *peer.notes) if line) + "\n")
    rows = [[each.check.title, each.outcome, each.seen] for each in reports[0].results if each.seen]
    print(table(["event", "result", "seen"], rows))
    differing = [
        f"{results[0].check.name}: {', '.join(each.outcome for each in results)}"
        for results in zip(*(each.results for each in reports), strict=True)
        if len({each.outcome for each in results}) > 1
    ]
    agreement = "the same results" if not differing else f"DIFFERENT: {'; '.join(differing)}"
    print(f"{len(reports)} runs: {agreement}.\n", flush=True)
