"""Interleaved measurement: jobs take turns in short slices, so that noise meets all alike.

A round consists of many slices; in each, every job runs for about the same time. CPU time is that
of this process: it contains neither the work of other processes nor that of Redis. Wall time
contains both.
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
# CPU seconds: hundreds of calls of the cheapest job, a dozen of the most expensive one.
SLICE = 0.03
# Calls of each job before the measurement: caches fill, connections open.
WARM_UP = 200

Key = TypeVar("Key")
Job = Callable[[], object]


@dataclass(frozen=True)
class Cost:
    """Seconds for one call."""

    cpu: float
    wall: float


# The costs of one job in the slices of one round.
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
    """The cost of a call of each job, in each slice of each round."""
    calls = {key: calls_in_a_slice(job) for key, job in jobs.items()}
    gc.collect()
    gc.freeze()  # else a job that triggers a collection pays for the objects of all others
    found: dict[Key, list[Round]] = {key: [[] for _ in range(ROUNDS)] for key in jobs}
    for number, _ in itertools.product(range(ROUNDS), range(SLICES)):
        for key, job in jobs.items():
            found[key][number].append(run(job, calls[key]))
    gc.unfreeze()
    return found


def cpu(rounds: list[Round]) -> Spread:
    """CPU seconds: the median of each round, since single slices may be disturbed."""
    return Spread.of(statistics.median(each.cpu for each in one) for one in rounds)


def wall(rounds: list[Round]) -> Spread:
    return Spread.of(statistics.median(each.wall for each in one) for one in rounds)


def cpu_ratio(mine: list[Round], other: list[Round]) -> Spread:
    """Compared slice by slice: slices of the same turn met the same noise."""
    return compare(mine, other, lambda a, b: a.cpu / b.cpu)


def added_cpu(mine: list[Round], other: list[Round]) -> Spread:
    """CPU seconds that a call of `mine` takes beyond a call of `other`, slice by slice."""
    return compare(mine, other, lambda a, b: a.cpu - b.cpu)


def compare(mine: list[Round], other: list[Round], by: Callable[[Cost, Cost], float]) -> Spread:
    return Spread.of(
        statistics.median(by(a, b) for a, b in zip(*both, strict=True))
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
