"""Whose turn it is to have a password estimated."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from webapp.core.errors import Overloaded
from webapp.core.estimates import MAX_CHARGE, QUEUE, SAVINGS, SHARE, Estimates


class Steps:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Machine:
    def __init__(self) -> None:
        self.clock, self.cpu = Steps(), Steps()
        self.estimates = Estimates(self.clock, self.cpu)

    def ask(self, seconds: float) -> bool:
        """As the meter does; whether it was its turn."""
        try:
            with self.estimates.spare_turn():
                self.cpu.now += seconds
        except Overloaded:
            return False
        return True


@pytest.fixture
def machine() -> Machine:
    return Machine()


@contextmanager
def estimating(estimates: Estimates) -> Iterator[None]:
    """Another form is waiting."""
    begun, ends = threading.Event(), threading.Event()

    def estimate() -> None:
        with estimates.turn():
            begun.set()
            ends.wait(10)

    with ThreadPoolExecutor(1) as one:
        one.submit(estimate)
        assert begun.wait(5)
        try:
            yield
        finally:
            ends.set()


def test_the_meter_has_a_share_of_the_time(machine: Machine) -> None:
    took = 0.1
    assert [machine.ask(took) for _ in range(7)] == [True] * 5 + [False] * 2
    for _ in range(20):
        machine.clock.now += took / SHARE
        assert machine.ask(took)
        assert not machine.ask(took)


def test_what_it_has_not_used_for_long_is_not_saved_up(machine: Machine) -> None:
    machine.clock.now += 3600
    assert sum(machine.ask(0.1) for _ in range(100)) <= SAVINGS / 0.1 + 1


def test_loading_the_word_lists_is_not_charged_in_full(machine: Machine) -> None:
    assert machine.ask(20 * MAX_CHARGE)
    assert machine.ask(0.01)


def test_an_estimate_that_fails_is_charged_and_gives_its_turn_back(machine: Machine) -> None:
    def fail() -> None:
        with machine.estimates.spare_turn():
            machine.cpu.now += MAX_CHARGE
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert machine.ask(MAX_CHARGE)
    assert not machine.ask(0)


def test_the_meter_never_waits_for_a_form(machine: Machine) -> None:
    with estimating(machine.estimates):
        assert not machine.ask(0)
    assert machine.ask(0)


def test_few_forms_wait_and_the_next_one_has_to_come_back(machine: Machine) -> None:
    def estimate() -> None:
        with machine.estimates.turn():
            pass

    with ThreadPoolExecutor(QUEUE) as many:
        with estimating(machine.estimates):
            waiting = [many.submit(estimate) for _ in range(QUEUE)]
            while machine.estimates._room.acquire(blocking=False):
                machine.estimates._room.release()
            with pytest.raises(Overloaded):
                estimate()
        for each in waiting:
            each.result(5)
    estimate()
