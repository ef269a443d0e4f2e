"""Filled-in forms that met the end of their session: kept for their owner until they are sent."""

from dataclasses import dataclass
from typing import Protocol

from .end_reasons import EndReason

# Seconds. Long enough to find the password; it is personal, so not much longer.
KEPT_FOR = 60 * 60
# Forms of one owner: as many as a person has open in tabs. The oldest goes first.
MOST = 10
# Seconds in which a form that is being sent is not sent a second time. Longer than any request
# takes; if the worker is killed meanwhile, the form can be sent again after it.
SENDING = 30

# Ends after which the person at that browser is still taken for the session's owner. After all
# others (theft, another password, disabled, by an admin) it may be somebody else, who must not
# leave a form for the owner to send.
OWNER_STILL_THERE = {None, EndReason.LOGOUT, EndReason.ENDED_ELSEWHERE, EndReason.TOO_MANY}


@dataclass(frozen=True)
class SavedForm:
    user_id: str
    path: str
    """Where the form was being sent to: below the app's own root, with its query."""
    fields: list[tuple[str, str]]
    had_secrets: bool
    """Whether passwords were left out."""
    saved_at: float = 0
    """Unix seconds."""


class SavedFormStore(Protocol):
    """Every method may raise Unavailable. `draft_id` is only good together with its owner."""

    def save(self, draft: SavedForm, draft_id: str | None = None) -> str:
        """An id that can't be guessed; `draft_id` again, if that one is still kept."""

    def saved(self, user_id: str, now: float) -> dict[str, SavedForm]:
        """By id, the newest first."""

    def claim(self, draft: SavedForm, draft_id: str) -> bool:
        """Before it is sent. Atomic: False if it has been sent, or is just being sent."""

    def sent_to(self, draft_id: str, user_id: str) -> str | None:
        """The path of one that has been sent, or is just being sent."""

    def release(self, draft_id: str, user_id: str) -> None:
        """After a claim: it could not be sent, and is still there."""

    def remove(self, draft: SavedForm, draft_id: str) -> None:
        """It has been sent, or is not wanted. It can't be claimed any more."""
