"""A filled-in form that met the end of its session: kept for its owner, shown once."""

from dataclasses import dataclass
from typing import Protocol

# Seconds. Long enough to find the password; it is personal, so not much longer.
KEPT_FOR = 60 * 60


@dataclass(frozen=True)
class Draft:
    user_id: str
    path: str
    """Where the form was being sent to."""
    fields: list[tuple[str, str]]
    had_secrets: bool
    """Whether passwords were left out."""


class Drafts(Protocol):
    """Every method may raise Unavailable."""

    def keep(self, draft: Draft) -> str:
        """An id that can't be guessed."""

    def take(self, draft_id: str, user_id: str) -> Draft | None:
        """Hand it to its owner, once; to nobody else."""
