"""How far away a server is, and how far its clock is from ours."""

import statistics
import time
from collections.abc import Callable

from .findings import Finding, ok, problem, warning

# Milliseconds. A refresh asks each store once; beyond this people feel it.
SLOW = 50
SAMPLES = 5
# Seconds.
APART = 1.0


def latency(check: str, ask: Callable[[], object]) -> Finding:
    took = []
    for _ in range(SAMPLES):
        began = time.perf_counter()
        ask()
        took.append((time.perf_counter() - began) * 1000)
    median = statistics.median(took)
    found = f"{median:.1f} ms"
    if median > SLOW:
        return warning(check, found, "bring the app and the server nearer to each other")
    return ok(check, found)


def clock(check: str, read: Callable[[], float], now: Callable[[], float], leeway: int) -> Finding:
    """Redis' clock decides for all hosts, but not for who verifies our tokens without us."""
    before = now()
    theirs = read()
    ahead = (before + now()) / 2 - theirs
    found = f"ours is {abs(ahead):.1f} s {'ahead' if ahead > 0 else 'behind'}"
    if abs(ahead) <= APART:
        return ok(check, "the same as ours")
    advice = "let NTP set the clocks of all hosts (chrony, systemd-timesyncd)"
    return (problem if abs(ahead) > leeway else warning)(check, found, advice)
