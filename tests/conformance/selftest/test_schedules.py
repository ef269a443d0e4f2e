"""Random schedules find a broken rule, and show the shortest schedule that breaks it."""

import pytest

from tests.conformance import Outcome
from tests.conformance.run import carry_out
from tests.conformance.schedules import random_schedules

from .broken import LogoutKeepsAccess, NoLateTabs, OnlyOnce, ShortMemory, SilentReuse
from .model import ModelServer

EXAMPLES = 300


def test_a_right_server_passes() -> None:
    result = carry_out(random_schedules(EXAMPLES), ModelServer())
    assert (result.outcome, result.seen) == (Outcome.PASSED, "")


@pytest.mark.parametrize(
    ("broken", "shortest"),
    [
        (OnlyOnce, "refresh, response lost: the owner is signed out"),
        (ShortMemory, "refresh, response lost; wait an hour: the owner is signed out"),
        (SilentReuse, "refresh; refresh; a thief replays an old token: the theft passes unnoticed"),
    ],
)
def test_the_shortest_schedule_is_shown(broken: type[ModelServer], shortest: str) -> None:
    result = carry_out(random_schedules(EXAMPLES), broken())
    assert result.outcome is Outcome.FAILED
    assert result.seen.startswith(shortest)
    assert result.exchanges


@pytest.mark.parametrize("broken", [LogoutKeepsAccess, NoLateTabs])
def test_what_no_schedule_asks_for_is_left_to_the_checks(broken: type[ModelServer]) -> None:
    assert carry_out(random_schedules(EXAMPLES), broken()).outcome is Outcome.PASSED
