"""The token cache of a worker: verified access tokens, which need no store again.

No entry is used while invalidations may have been missed: see `ports.InvalidationFeed`.
"""

import threading
from collections import OrderedDict
from dataclasses import dataclass

from .claims import AccessClaims
from .models import User


@dataclass(frozen=True, slots=True)
class CachedToken:
    """An access token that was valid by signature, Redis and SQL when it was verified."""

    user: User
    claims: AccessClaims
    kid: str


class TokenCache:
    """LRU cache of `size` entries, by token text: the same text has the same signature."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._lock = threading.Lock()
        self._tokens: OrderedDict[str, CachedToken] = OrderedDict()
        self._epoch = -1

    def __len__(self) -> int:
        """The number of entries, including those of an old epoch."""
        return len(self._tokens)

    def get(self, token: str, epoch: int) -> CachedToken | None:
        with self._lock:
            if epoch != self._epoch:
                return None
            entry = self._tokens.get(token)
            if entry:
                self._tokens.move_to_end(token)
            return entry

    def put(self, token: str, entry: CachedToken, epoch: int) -> None:
        """Add a token. `epoch` is that of the feed before the token was verified."""
        with self._lock:
            if epoch < self._epoch or epoch < 0:
                return
            if epoch > self._epoch:
                self._tokens.clear()
                self._epoch = epoch
            self._tokens[token] = entry
            if len(self._tokens) > self._size:
                self._tokens.popitem(last=False)
