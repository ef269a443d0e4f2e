"""An e-mail belongs to one account: by a constraint, and for a while after a change."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from webapp.core.email_tokens import UNDO_TTL
from webapp.core.errors import Conflict
from webapp.core.text import N_, Message

from .models import EmailChangeRow, db


@contextmanager
def unique_email() -> Iterator[None]:
    """Translate a violated unique constraint into Conflict."""
    try:
        yield
    except IntegrityError:
        raise Conflict({"email": [N_("That e-mail address already has an account.")]}) from None


def check_not_reserved(email: str, user_id: str, now: int) -> None:
    """Raise Conflict if the e-mail is reserved: another user could still undo a change from it.

    Call it after the e-mail was written: then no parallel change can be missed.
    """
    reserving = select(EmailChangeRow.id).where(
        EmailChangeRow.old_email == email,
        EmailChangeRow.user_id != user_id,
        EmailChangeRow.undone_at.is_(None),
        EmailChangeRow.changed_at > now - UNDO_TTL,
    )
    if db.session.scalar(reserving.limit(1)) is not None:
        days = UNDO_TTL // 86400
        raise Conflict(
            {
                "email": [
                    Message("For {days} days it is kept for the account that had it.", days=days)
                ]
            }
        )
