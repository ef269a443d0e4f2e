"""Equal steps of many actors are one arrow, which counts the actors."""

import pytest

from webapp.lab.diagram.grouping import MIN_GROUP, group_parallel_steps
from webapp.lab.diagram.steps import Step


def asked_by(*actors: int) -> list[Step]:
    return [Step("app", "sql", "which user?", who=f"request {number}") for number in actors]


def test_a_group_counts_each_actor_once() -> None:
    [merged] = group_parallel_steps(asked_by(*range(MIN_GROUP), 0))
    assert str(merged.who) == f"{MIN_GROUP} requests"
    assert merged.details["who"] == ", ".join(map(str, range(MIN_GROUP)))


@pytest.mark.parametrize("actors", [range(MIN_GROUP - 1), [*range(MIN_GROUP - 1), 0, 1]])
def test_a_few_actors_stay_apart_also_if_one_asks_twice(actors: list[int]) -> None:
    steps = asked_by(*actors)
    assert group_parallel_steps(steps) == steps
