"""What is so in a worker at the moment: its parts know it anyway, here it gets its names."""

from dataclasses import dataclass
from typing import Protocol

from webapp.core.hashing_pool import HashingPool
from webapp.core.token_cache import TokenCache
from webapp.runtime.background import BackgroundQueue


class FeedStatus(Protocol):
    """The feed, from outside."""

    @property
    def silence(self) -> float | None: ...

    @property
    def is_current(self) -> bool: ...


@dataclass(frozen=True)
class WorkerGauges:
    pool: HashingPool
    token_cache: TokenCache
    feed: FeedStatus
    background: BackgroundQueue

    def read(self) -> dict[str, float]:
        """For `Metrics`: names that end in `_total` only ever grow."""
        silence = self.feed.silence
        return {
            "hashing_waiting": self.pool.waiting,
            "hashing_refused_total": self.pool.refused,
            "tokens_remembered": len(self.token_cache),
            "mails_waiting": self.background.waiting,
            "mails_lost_total": self.background.lost,
            "feed_believed": int(self.feed.is_current),
        } | ({} if silence is None else {"feed_silence_seconds": silence})
