"""All scenarios under all policies: who is rightly and who is wrongly signed in at the end."""

import threading
from collections.abc import Callable
from dataclasses import dataclass

from webapp.lab.sandbox.run import POLICIES, Policy
from webapp.lab.sandbox.scenarios import ALL, Scenario

from .steps import Ending, Run

# The wins of each policy, for the start page: it runs no scenario. A test compares them.
SCORES = {"no-rotation": 10, "no-grace": 8, "leeway": 10, "evergreen": 14}

Play = Callable[[str, str], Run]
"""Runs the scenario of that slug under the policy of that slug."""


@dataclass(frozen=True)
class Cell:
    policy: Policy
    wrong: list[Ending]
    """Those who are wrongly in or out; empty: all ends as it should."""


@dataclass(frozen=True)
class Row:
    scenario: Scenario
    cells: list[Cell]


class Matrix:
    """The rows, run once: a scenario under a policy always ends in the same way."""

    def __init__(self) -> None:
        self._rows: list[Row] = []
        self._lock = threading.Lock()

    def rows(self, play: Play) -> list[Row]:
        """Raises Unavailable; then the next call runs them again."""
        with self._lock:
            if not self._rows:
                self._rows = [_row(scenario, play) for scenario in ALL.values()]
            return self._rows


def wins(rows: list[Row]) -> dict[str, int]:
    """The number of scenarios that end as they should, by the policy's slug."""
    return {
        slug: sum(not cell.wrong for row in rows for cell in row.cells if cell.policy.slug == slug)
        for slug in POLICIES
    }


def _row(scenario: Scenario, play: Play) -> Row:
    runs = {policy.slug: play(scenario.slug, policy.slug) for policy in POLICIES.values()}
    return Row(
        scenario,
        [
            Cell(policy, [ending for ending in runs[policy.slug].endings if not ending.right])
            for policy in POLICIES.values()
        ],
    )
