"""Gauges of one worker process, read from its parts at each scrape."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from webapp.core.hashing_pool import HashingPool
from webapp.core.token_cache import TokenCache
from webapp.runtime.background import BackgroundQueue

FEED_SILENCE = "evergreen_feed_silence_seconds"


class FeedStatus(Protocol):
    """What the gauges need of the invalidation feed."""

    @property
    def silence(self) -> float | None: ...

    @property
    def is_current(self) -> bool: ...


@dataclass(frozen=True)
class WorkerGauges(Collector):
    pool: HashingPool
    token_cache: TokenCache
    feed: FeedStatus
    background: BackgroundQueue

    def collect(self) -> Iterator[Metric]:
        text = "Passwords not checked because too many were waiting."
        yield CounterMetricFamily("evergreen_hashing_refused", text, self.pool.refused)
        text = "Mails given up or refused."
        yield CounterMetricFamily("evergreen_mails_lost", text, self.background.lost)
        for name, text, value in (
            ("hashing_waiting", "Passwords that wait to be hashed.", self.pool.waiting),
            ("tokens_remembered", "Access tokens in the workers' caches.", len(self.token_cache)),
            ("mails_waiting", "Mails that wait to be sent.", self.background.waiting),
            ("feed_believed", "Workers that follow the invalidation feed.", self.feed.is_current),
            ("workers", "Workers that count.", 1),
        ):
            yield GaugeMetricFamily(f"evergreen_{name}", text, value)
        text = "Since the feed was last read, in the worker that has waited longest."
        yield GaugeMetricFamily(FEED_SILENCE, text, self.feed.silence or 0)
