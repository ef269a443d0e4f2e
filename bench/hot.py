"""The hot path: a page for who is signed in, by each scheme."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from . import report
from .contenders import BARE, Contender, Entrant
from .counting import Counts, count
from .rounds import Spread, cpu, cpu_ratio, measure, wall
from .visitor import Answer


@dataclass(frozen=True)
class Result:
    name: str
    ends: bool | None
    cpu: Spread
    """Microseconds a page."""
    ratio: Spread
    """Pages in the time of one of bare Flask's, by CPU time: 1 is no loss at all."""
    one_by_one: float
    """Pages a second by the clock, one after the other."""
    counts: Counts


def results(entrants: Mapping[Contender, Entrant]) -> list[Result]:
    jobs = {each: partial(Answer, it.app, it.page) for each, it in entrants.items()}
    costs = measure(jobs)
    return [
        Result(
            contender.name,
            contender.ends,
            cpu(costs[contender]).times(1e6),
            cpu_ratio(costs[BARE], costs[contender]),
            1 / wall(costs[contender]).median,
            count(job),
        )
        for contender, job in jobs.items()
    ]


def show(found: list[Result]) -> None:
    report.table(
        "Signed-in page (in-process; median, min-max of the rounds)",
        ["", "of bare Flask", "CPU µs", "pages/CPU s", "pages/s, one by one", "asks", "logout"],
        [
            [
                each.name,
                report.spread(each.ratio, 3),
                report.spread(each.cpu, 0),
                f"{1e6 / each.cpu.median:.0f}",
                f"{each.one_by_one:.0f}",
                str(each.counts),
                {True: "ends copies too", False: "copies stay good", None: "-"}[each.ends],
            ]
            for each in found
        ],
    )
