"""Users in SQL."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Select, func, or_, select, update
from sqlalchemy.exc import IntegrityError

from webapp.core.accounts import Changes
from webapp.core.directory import Page
from webapp.core.errors import Conflict
from webapp.core.policy import Role
from webapp.core.stores import User

from .database import answering, committing
from .models import EventRow, UserRow, db


class SqlUsers:
    """Serves `core.accounts.Users` and `core.directory.DirectoryStore`."""

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
        return self._one(select(UserRow).where(UserRow.email == email))

    def by_id(self, user_id: str) -> tuple[User, str] | None:
        return self._one(select(UserRow).where(UserRow.id == user_id))

    def page(self, query: str, sort: str, offset: int, limit: int) -> Page:
        matching = select(UserRow)
        if query:
            names = (column.icontains(query, autoescape=True) for column in SEARCHED)
            matching = matching.where(or_(*names))
        column = getattr(UserRow, sort.removeprefix("-"))
        order = column.desc() if sort.startswith("-") else column.asc()
        with answering():
            total = db.session.scalar(select(func.count()).select_from(matching.subquery())) or 0
            rows = db.session.scalars(
                matching.order_by(order, UserRow.id).offset(offset).limit(limit)
            )
            return Page([row.to_user() for row in rows], total)

    def change(
        self, user_id: str, changes: Changes, password_hash: str | None, now: int
    ) -> User | None:
        with _unique_email(), committing():
            risky = changes.disabled or changes.role is not None
            admins = _locked_admins() if risky else set()
            row = db.session.get(UserRow, user_id, populate_existing=True)
            if row is None:
                return None
            if changes.email not in (None, row.email):
                db.session.add(EventRow(user_id=user_id, at=now, kind="email_changed"))
            _apply(row, changes, password_hash, now)
            _keep_an_admin(admins, row, gone=row.role != Role.ADMIN or bool(row.disabled_at))
        return row.to_user()

    def remove(self, user_id: str) -> bool:
        with committing():
            admins = _locked_admins()
            row = db.session.get(UserRow, user_id)
            if row is None:
                return False
            _keep_an_admin(admins, row, gone=True)
            db.session.delete(row)
        return True

    def _one(self, query: Select[UserRow]) -> tuple[User, str] | None:
        with answering():
            row = db.session.scalar(query.execution_options(populate_existing=True))
        return (row.to_user(), row.password_hash) if row else None


SEARCHED = (UserRow.email, UserRow.name)


def _apply(row: UserRow, changes: Changes, password_hash: str | None, now: int) -> None:
    for field in ("email", "name", "role"):
        if (value := getattr(changes, field)) is not None:
            setattr(row, field, value)
    if password_hash is not None:
        row.password_hash = password_hash
    if changes.disabled is not None:
        row.disabled_at = (row.disabled_at or now) if changes.disabled else None


def _locked_admins() -> set[str]:
    """Who can administer, held until the commit: two admins can't demote each other at once.

    A write that changes nothing, because it locks in every database.
    """
    active = (UserRow.role == Role.ADMIN) & UserRow.disabled_at.is_(None)
    locking = update(UserRow).where(active).values(role=UserRow.role).returning(UserRow.id)
    return set(db.session.scalars(locking, execution_options={"synchronize_session": False}))


def _keep_an_admin(admins: set[str], row: UserRow, *, gone: bool) -> None:
    if gone and admins == {row.id}:
        raise Conflict({"role": ["This is the last admin who could let anybody in."]})


@contextmanager
def _unique_email() -> Iterator[None]:
    try:
        yield
    except IntegrityError:
        raise Conflict({"email": ["That address already has an account."]}) from None
