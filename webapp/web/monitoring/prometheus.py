"""The page /metrics, in the format of Prometheus. Loaded when it is asked for: the library is slow.

What may happen is there from the start, as a zero: a rate needs to see the first one.
"""

from collections.abc import Iterator

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from webapp.core.end_reasons import EndReason
from webapp.core.security_events import EventKind

from . import counters
from .counters import BUCKETS, LIMITS, Numbers, total
from .multiprocess import Snapshot

OUTCOMES = (
    "rotated",
    "repeated",
    "healed",
    "reused",
    "ended",
    "expired",
    "invalid",
    "unavailable",
)

# Name → its label, what is known of its values, and what it says.
COUNTED: dict[str, tuple[str, tuple[str, ...], str]] = {
    counters.SIGN_INS: ("result", ("succeeded", "failed"), "Sign-ins with a password."),
    counters.REFRESHES: (
        "outcome",
        OUTCOMES,
        "Refresh tokens shown. repeated: a harmless replay; reused: a theft; healed: Redis had "
        "lost the session.",
    ),
    counters.ENDS: ("reason", tuple(EndReason), "Sessions that ended, except by growing old."),
    counters.EVENTS: ("kind", tuple(EventKind), "Security events."),
}
COUNTERS = {
    "hashing_refused_total": "Passwords not checked, for too many were waiting.",
    "mails_lost_total": "Mails given up, or not taken.",
}
GAUGES = {
    "hashing_waiting": "Passwords that wait to be hashed.",
    "tokens_remembered": "Access tokens that workers remember to have believed.",
    "mails_waiting": "Mails that wait to be sent.",
    "feed_believed": "Workers that hear from Redis, so that known tokens cost no question.",
}
FEED_SILENCE = "feed_silence_seconds"


def render_text(snapshots: list[Snapshot]) -> tuple[bytes, str]:
    """Of all workers, and its content type."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Workers(snapshots))
    return generate_latest(registry), CONTENT_TYPE_LATEST


class Workers(Collector):
    def __init__(self, snapshots: list[Snapshot]) -> None:
        self._counts = total(each.counts for each in snapshots)
        self._levels = [each.levels for each in snapshots if each.levels]

    def collect(self) -> Iterator[Metric]:
        yield requests(self._counts)
        for name, (label, known, says) in COUNTED.items():
            yield counter(self._counts, name, label, known, says)
        for name, says in COUNTERS.items():
            number = self._counts.get((name,), 0)
            yield CounterMetricFamily(f"evergreen_{name}", says, value=number)
        for name, says in GAUGES.items():
            number = sum(levels.get(name, 0) for levels in self._levels)
            yield GaugeMetricFamily(f"evergreen_{name}", says, value=number)
        yield GaugeMetricFamily("evergreen_workers", "Those that count.", value=len(self._levels))
        silences = [levels[FEED_SILENCE] for levels in self._levels if FEED_SILENCE in levels]
        says = "Since Redis was heard, by the worker that has waited longest."
        yield GaugeMetricFamily(f"evergreen_{FEED_SILENCE}", says, value=max(silences, default=0))


def counter(
    counts: Numbers, name: str, label: str, known: tuple[str, ...], says: str
) -> CounterMetricFamily:
    family = CounterMetricFamily(f"evergreen_{name}", says, labels=[label])
    found = {key[1] for key in counts if key[0] == name}
    for value in sorted({*known, *found}):
        family.add_metric([value], counts.get((name, value), 0))
    return family


def requests(counts: Numbers) -> HistogramMetricFamily:
    """A bucket holds also what all smaller ones hold."""
    says = "From the arrival of a request's head to its answer, by blueprint and class of status."
    labels = ["method", "group", "status"]
    family = HistogramMetricFamily("evergreen_request_seconds", says, labels=labels)
    for name, seconds in counts.items():
        if name[0] != counters.SECONDS:
            continue
        so_far, buckets = 0.0, []
        for bucket, limit in zip(BUCKETS, (*map(str, LIMITS), "+Inf"), strict=True):
            so_far += counts.get((counters.REQUESTS, *name[1:], bucket), 0)
            buckets.append((limit, so_far))
        method, group, status = name[1:]
        family.add_metric([method, group, f"{status}xx"], buckets, seconds)
    return family
