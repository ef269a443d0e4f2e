"""Measure jobs against each other, so that a noisy neighbour disturbs all of them alike.

A round is made of many short slices, in which the jobs take turns, each for about as long. CPU
time is that of this process: what others do on the machine costs it little, and what a Redis does
is not in it. The clock's time has all of that.
"""

import gc
import itertools
import statistics
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

ROUNDS = 7
SLICES = 20
# CPU seconds: hundreds of calls of the cheapest job, a dozen of the dearest.
SLICE = 0.03
# Calls of each job before anything counts: caches fill, connections open.
WARM_UP = 200

Key = TypeVar("Key")
Job = Callable[[], object]


@dataclass(frozen=True)
class Cost:
    """Seconds a call."""

    cpu: float
    wall: float


# The costs of its slices.
Round = list[Cost]


@dataclass(frozen=True)
class Spread:
    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Iterable[float]) -> "Spread":
        found = list(values)
        return cls(statistics.median(found), min(found), max(found))

    def times(self, factor: float) -> "Spread":
        return Spread(self.median * factor, self.low * factor, self.high * factor)


def measure(jobs: Mapping[Key, Job]) -> dict[Key, list[Round]]:
    """What a call of each job cost, in each slice of each round."""
    calls = {key: calls_in_a_slice(job) for key, job in jobs.items()}
    gc.collect()
    gc.freeze()  # or whoever triggers a collection pays for what all others hold
    found: dict[Key, list[Round]] = {key: [[] for _ in range(ROUNDS)] for key in jobs}
    for number, _ in itertools.product(range(ROUNDS), range(SLICES)):
        for key, job in jobs.items():
            found[key][number].append(run(job, calls[key]))
    gc.unfreeze()
    return found


def cpu(rounds: list[Round]) -> Spread:
    """Seconds; of each round the median, for a slice in which others came between says nothing."""
    return Spread.of(statistics.median(each.cpu for each in one) for one in rounds)


def wall(rounds: list[Round]) -> Spread:
    return Spread.of(statistics.median(each.wall for each in one) for one in rounds)


def cpu_ratio(mine: list[Round], other: list[Round]) -> Spread:
    """Slice by slice: two that follow each other have met the same neighbours."""
    return Spread.of(
        statistics.median(a.cpu / b.cpu for a, b in zip(*both, strict=True))
        for both in zip(mine, other, strict=True)
    )


def calls_in_a_slice(job: Job) -> int:
    run(job, WARM_UP // 2)
    return max(1, round(SLICE / run(job, WARM_UP // 2).cpu))


def run(job: Job, calls: int) -> Cost:
    cpu, wall = time.process_time(), time.perf_counter()
    for _ in range(calls):
        job()
    return Cost((time.process_time() - cpu) / calls, (time.perf_counter() - wall) / calls)
