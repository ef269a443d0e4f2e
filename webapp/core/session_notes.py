"""What is kept about a session for its user's list of devices: a name, and whether it is new."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol

from .errors import NotFound, ValidationFailed
from .validation import normalize_name

MAX_DEVICE_NAME = 60


@dataclass(frozen=True)
class SessionNote:
    name: str
    """Chosen by the user; empty: none."""
    new_browser: bool
    """Whether the user was mailed about a sign-in in a new browser."""


class SessionNoteStore(Protocol):
    """Every method may raise Unavailable."""

    def of(self, sids: Collection[str]) -> dict[str, SessionNote]:
        """Sid → note, of those sessions that have one."""

    def rename(self, user_id: str, sid: str, name: str) -> bool:
        """Whether the user has such an open session."""


@dataclass(frozen=True)
class SessionNotes:
    store: SessionNoteStore

    def of(self, sids: Collection[str]) -> dict[str, SessionNote]:
        """Sid → note, of those sessions that have one."""
        return self.store.of(sids)

    def rename(self, user_id: str, sid: str, name: str) -> str:
        """The name as it is stored; empty removes it. Raises ValidationFailed, NotFound."""
        try:
            name = normalize_name(name, MAX_DEVICE_NAME)
        except ValueError as refusal:
            raise ValidationFailed({"name": [refusal.args[0]]}) from None
        if not self.store.rename(user_id, sid, name):
            raise NotFound
        return name
