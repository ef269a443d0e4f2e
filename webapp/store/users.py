"""Users in SQL."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from webapp.core.errors import Conflict, NotFound
from webapp.core.stores import User

from .database import answering, committing
from .models import EventRow, UserRow, db


class SqlUsers:
    """Serves `core.accounts.Users`."""

    def create(self, email: str, name: str, password_hash: str, role: str, now: int) -> User:
        row = UserRow(
            id=str(uuid.uuid4()),
            email=email,
            name=name,
            password_hash=password_hash,
            role=role,
            created_at=now,
        )
        with _unique_email(), committing():
            db.session.add(row)
        return row.to_user()

    def by_email(self, email: str) -> tuple[User, str] | None:
        with answering():
            row = db.session.scalar(select(UserRow).where(UserRow.email == email))
        return (row.to_user(), row.password_hash) if row else None

    def by_id(self, user_id: str) -> tuple[User, str] | None:
        with answering():
            row = db.session.get(UserRow, user_id)
        return (row.to_user(), row.password_hash) if row else None

    def update(self, user_id: str, email: str, name: str, now: int) -> User:
        with _unique_email(), committing():
            row = db.session.get(UserRow, user_id)
            if row is None:
                raise NotFound
            if row.email != email:
                db.session.add(EventRow(user_id=user_id, at=now, kind="email_changed"))
            row.email, row.name = email, name
        return row.to_user()


@contextmanager
def _unique_email() -> Iterator[None]:
    try:
        yield
    except IntegrityError:
        raise Conflict({"email": ["That address already has an account."]}) from None
