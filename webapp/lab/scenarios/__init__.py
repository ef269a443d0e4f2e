"""Everything that goes wrong in the world, one function each, in the order of the page."""

from . import everyday
from .scenario import Choice, Scenario

ALL: dict[str, Scenario] = {scenario.slug: scenario for scenario in (*everyday.SCENARIOS,)}

__all__ = ["ALL", "Choice", "Scenario"]
