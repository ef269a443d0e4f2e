"""The hot path: what the sign-in adds to a page, for each entrant."""

from functools import partial

from . import report
from .client import Response
from .entrants import BARE, BLOCKLIST, EVERGREEN, Field
from .query_counts import count
from .refresh import API, PEER, SILENT, Costs
from .rounds import Round, added_cpu, cpu, cpu_ratio, measure

COPIED = {True: "refused", False: "stays good", None: ""}


def show(field: Field, refresh: Costs) -> None:
    """Print one line an entrant. `refresh`: what refreshes cost, for the last column but one."""
    jobs = {each: partial(Response, it.app, it.page) for each, it in field.items()}
    costs = measure(jobs)
    rows = [
        [
            entrant.name,
            report.spread(added_cpu(costs[entrant], costs[BARE]).times(1e6), 0),
            report.spread(cpu_ratio(costs[BARE], costs[entrant]), 2),
            report.spread(cpu(costs[entrant]).times(1e6), 0),
            {EVERGREEN: both(refresh), BLOCKLIST: microseconds(refresh[PEER])}.get(entrant, ""),
            str(count(job)),
            COPIED[entrant.revokes],
        ]
        for entrant, job in jobs.items()
    ]
    report.table(
        "What the sign-in adds to a page (in-process, CPU time; median, min-max of rounds)",
        [
            "",
            "added µs",
            "of bare Flask's rate",
            "whole page µs",
            "a refresh µs",
            "queries a page",
            "a copied cookie after logout",
        ],
        rows,
    )


def both(refresh: Costs) -> str:
    return f"{microseconds(refresh[SILENT])} silent, {microseconds(refresh[API])} API"


def microseconds(rounds: list[Round]) -> str:
    return f"{cpu(rounds).median * 1e6:.0f}"
