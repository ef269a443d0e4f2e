"""What a worker remembers: access tokens that it has believed, so that it need not ask again.

Nothing here may be believed while others could have something to tell: see `Feed`.
"""

import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import Protocol

from .stores import User
from .tokens import AccessClaims


@dataclass(frozen=True, slots=True)
class Believed:
    """An access token that was good when it was checked against signature, Redis and SQL."""

    user: User
    claims: AccessClaims
    kid: str


class Feed(Protocol):
    """What the other workers have to tell: whose tokens have to be checked again.

    Whoever is about to end a session or to change a user announces it *before*
    the change is made; from then on every worker asks the stores about them for
    as long as an access token can live. So nothing is missed if the one who made
    the change dies on the way. (Theft alone is announced after it: Redis finds it out
    and ends the session in one step.)
    """

    @property
    def epoch(self) -> int:
        """Another number each time that something may have been missed; below 0 while it may be."""

    def doubts(self, sid: str, user_id: str) -> bool:
        """Whether this session, or this user, has to be asked about."""

    @property
    def unsent(self) -> int:
        """How many announcements wait until Redis can be told."""

    def announce(self, name: str) -> bool:
        """Tell all workers of a `sid` or a user's id, this one at once; whether Redis has heard.

        Never fails: what can't be sent now is sent later.
        """


class Memory:
    """The newest `size` believed tokens, by their text: the same text has the same signature."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._lock = threading.Lock()
        self._tokens: OrderedDict[str, Believed] = OrderedDict()
        self._epoch = -1

    def __len__(self) -> int:
        """How many are remembered, whether or not they may be believed at the moment."""
        return len(self._tokens)

    def recall(self, token: str, epoch: int) -> Believed | None:
        with self._lock:
            if epoch != self._epoch:
                return None
            found = self._tokens.get(token)
            if found:
                self._tokens.move_to_end(token)
            return found

    def remember(self, token: str, believed: Believed, epoch: int) -> None:
        """`epoch` is what it was before the token was checked: what came since counts as missed."""
        with self._lock:
            if epoch < self._epoch or epoch < 0:
                return
            if epoch > self._epoch:
                self._tokens.clear()
                self._epoch = epoch
            self._tokens[token] = believed
            if len(self._tokens) > self._size:
                self._tokens.popitem(last=False)
