"""Saved forms: submitted after the end of the session, stored until the user sends them again."""

from dataclasses import dataclass
from typing import Protocol

from .end_reasons import EndReason

# Seconds. Long enough to sign in again; not longer, since the content is personal.
SAVED_FORM_TTL = 60 * 60
# Saved forms of one user, about as many as open tabs. The oldest is deleted first.
MAX_SAVED_FORMS = 10
# Seconds for which a claim blocks a second submission: longer than any request. If the worker is
# killed meanwhile, the form can be sent again afterwards.
SENDING_TTL = 30

# End reasons after which the user of the browser is still assumed to be the session's owner. After
# all others (theft, new password, disabled, by an admin) it may be a stranger, who must not leave a
# form for the owner to send.
OWNER_STILL_THERE = {None, EndReason.LOGOUT, EndReason.ENDED_ELSEWHERE, EndReason.TOO_MANY}


@dataclass(frozen=True)
class SavedForm:
    user_id: str
    path: str
    """The form's target: path below the app's root, with its query."""
    fields: list[tuple[str, str]]
    had_secrets: bool
    """Whether passwords were left out."""
    saved_at: float = 0
    """Unix seconds."""


class SavedFormStore(Protocol):
    """Every method may raise Unavailable. A `draft_id` is valid only with its owner's `user_id`."""

    def save(self, draft: SavedForm, draft_id: str | None = None) -> str:
        """Store the form; its random id, or `draft_id` again if that one still exists."""

    def saved(self, user_id: str, now: float) -> dict[str, SavedForm]:
        """The user's saved forms by id, newest first."""

    def claim(self, draft: SavedForm, draft_id: str) -> bool:
        """Claim a form before it is sent, atomically. False if it was sent or claimed before."""

    def sent_to(self, draft_id: str, user_id: str) -> str | None:
        """The path of a form that was sent or is claimed; else None."""

    def release(self, draft_id: str, user_id: str) -> None:
        """Give up a claim, since the form could not be sent."""

    def remove(self, draft: SavedForm, draft_id: str) -> None:
        """Delete a form that was sent or discarded. It can't be claimed again."""
