"""The quick mode: everything that can be measured within this process, in under two minutes."""

from pathlib import Path

from . import full, hot, memory, refresh, report, start, svg
from .contenders import entrants


def run(*, with_wrk: bool, svg_file: Path | None) -> None:
    print(f"Measured: {report.machine()}")
    with entrants() as entered:
        found = hot.results(entered)
        hot.show(found)
        refresh.show(entered)
        start.show(entered)
        memory.show(entered)
        if with_wrk:
            full.show(entered)
    if svg_file:
        svg_file.write_text(svg.plot([(each.name, each.ratio) for each in found]))
