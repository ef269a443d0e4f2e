"""The token cache of a worker: verified access tokens, so that no store is asked again.

No entry counts while an announcement may be missing: see `stores.Feed`.
"""

import threading
from collections import OrderedDict
from dataclasses import dataclass

from .claims import AccessClaims
from .models import User


@dataclass(frozen=True, slots=True)
class CachedToken:
    """An access token that was good by signature, Redis and SQL when it was verified."""

    user: User
    claims: AccessClaims
    kid: str


class TokenCache:
    """The `size` tokens used last, by their text: the same text has the same signature."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._lock = threading.Lock()
        self._tokens: OrderedDict[str, CachedToken] = OrderedDict()
        self._epoch = -1

    def __len__(self) -> int:
        """The number of tokens, whether or not they count at the moment."""
        return len(self._tokens)

    def get(self, token: str, epoch: int) -> CachedToken | None:
        with self._lock:
            if epoch != self._epoch:
                return None
            found = self._tokens.get(token)
            if found:
                self._tokens.move_to_end(token)
            return found

    def put(self, token: str, believed: CachedToken, epoch: int) -> None:
        """`epoch`: of the feed before the token was verified. What came since counts as missed."""
        with self._lock:
            if epoch < self._epoch or epoch < 0:
                return
            if epoch > self._epoch:
                self._tokens.clear()
                self._epoch = epoch
            self._tokens[token] = believed
            if len(self._tokens) > self._size:
                self._tokens.popitem(last=False)
