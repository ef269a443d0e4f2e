"""The walk's pictures are drawn by hand: what they say is what a run says."""

import re
import time
from collections.abc import Iterable

import pytest

from tests.lab.conftest import Play
from webapp.lab.diagram.steps import Step
from webapp.lab.sandbox.sandbox import Sandbox
from webapp.lab.tour import LOGIN, LOGOUT, TOUR, TourPage
from webapp.store.redis.generations import RedisGenerations


@pytest.mark.parametrize("stop", [stop for stop in TOUR if stop.scenario], ids=lambda s: s.title)
def test_redis_is_asked_and_answers_as_in_the_scenario_to_try(play: Play, stop: TourPage) -> None:
    assert decisions(stop.steps) <= decisions(play(stop.scenario).steps)


def test_the_walk_shows_each_answer_that_its_sentences_speak_of() -> None:
    shown = set().union(*(decisions(stop.steps) for stop in TOUR))
    assert shown == {"redeem #", "rotated to #", "given # again", "reused: a copy"}


def test_the_stores_are_asked_at_a_login_in_the_order_of_the_code(
    entries: RedisGenerations,
) -> None:
    box = Sandbox(entries, time.time())
    assert summaries(LOGIN.steps) == summaries(box.recorder.steps)


def test_the_stores_are_asked_at_a_logout_in_the_order_of_the_code(play: Play) -> None:
    steps = play("logout-elsewhere").steps
    assert summaries(LOGOUT.steps) == summaries(step for step in steps if step.who == "tab 2")


def decisions(steps: Iterable[Step]) -> set[str]:
    """What a refresh asks of Redis, and all that Redis answers, whichever the generation."""
    return {
        re.sub(r"\d+", "#", step.words)
        for step in steps
        if step.source == "redis" or (step.target == "redis" and step.words.startswith("redeem"))
    }


def summaries(steps: Iterable[Step]) -> list[str]:
    """Which stores the app turns to, in order."""
    return [s.target for s in steps if s.source == "app" and s.target in ("redis", "sql")]
