"""The latency of a server, and the difference between its clock and ours."""

import statistics
import time
from collections.abc import Callable

from webapp.store.redis.clock import RedisClock

from .finding import Finding, ok, problem, warning

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


def host_clock(now: Callable[[], float]) -> Callable[[], float]:
    """The clock to compare with a server's: Redis' own would always agree with itself."""
    return time.time if isinstance(now, RedisClock) else now


def clock(check: str, read: Callable[[], float], now: Callable[[], float], leeway: int) -> Finding:
    """Redis' clock decides for our hosts; services that verify tokens have clocks of their own."""
    before = now()
    theirs = read()
    ahead = (before + now()) / 2 - theirs
    found = f"ours is {abs(ahead):.1f} s {'ahead' if ahead > 0 else 'behind'}"
    if abs(ahead) <= APART:
        return ok(check, "the same as ours")
    advice = "let NTP set the clocks of all hosts (chrony, systemd-timesyncd)"
    return (problem if abs(ahead) > leeway else warning)(check, found, advice)
