"""Users in SQL."""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Select, Update, func, select, update
from sqlalchemy.orm import InstrumentedAttribute

from webapp.core.end_reasons import EndReason
from webapp.core.errors import Conflict
from webapp.core.models import Session, User, UserChanges
from webapp.core.policy import Role
from webapp.core.security_events import EventKind
from webapp.core.text import N_
from webapp.core.user_admin import Page, UserFilter

from . import user_search
from .devices import forget_devices, keep_this_device_alone, remember_this_device
from .errors import transaction, translate_sql_errors
from .models import EmailChangeRow, UserRow, db
from .security_events import add_deletion_event, add_event
from .session_ends import end_all, remove_all
from .unique_emails import check_not_reserved, unique_email


class SqlUsers:
    """Serves `core.ports.UserRepository` and `core.user_admin.UserAdminStore`."""

    def create(self, user: User, password_hash: str) -> None:
        row = UserRow(
            id=user.id,
            email=user.email,
            name=user.name,
            password_hash=password_hash,
            role=user.role,
            created_at=user.created_at,
            disabled_at=user.created_at if user.disabled else None,
            email_verified_at=user.email_verified_at,
            awaiting_verification=user.awaiting_verification,
            language=user.language,
        )
        with unique_email(), transaction():
            db.session.add(row)
            db.session.flush()
            check_not_reserved(user.email, user.id, user.created_at)
            user_search.index(row)
            add_event(EventKind.REGISTERED, user.id, user.created_at)

    def by_email(self, email: str) -> tuple[User, str] | None:
        return self._one(select(UserRow).where(UserRow.email == email))

    def by_id(self, user_id: str) -> tuple[User, str] | None:
        return self._one(select(UserRow).where(UserRow.id == user_id))

    def page(
        self,
        query: str,
        sort: str,
        offset: int,
        limit: int,
        shown: UserFilter = UserFilter.ALL,
    ) -> Page:
        matching = user_search.matching_users(query) if query else select(UserRow)
        matching = user_search.only(matching, shown)
        limited = matching.with_only_columns(UserRow.id).limit(user_search.MAX_COUNTED).subquery()
        column = getattr(UserRow, sort.removeprefix("-"))
        order = column.desc() if sort.startswith("-") else column.asc()
        with translate_sql_errors():
            total = db.session.scalar(select(func.count()).select_from(limited)) or 0
            rows = db.session.scalars(
                matching.order_by(order, UserRow.id).offset(offset).limit(limit)
            )
            return Page([row.to_user() for row in rows], total)

    def former_hashes(self, user_id: str) -> list[str]:
        query = select(UserRow.former_hash, UserRow.hash_before_week).where(UserRow.id == user_id)
        with translate_sql_errors():
            row = db.session.execute(query).first()
        return list(dict.fromkeys(each for each in row or () if each))

    def change(
        self, user_id: str, changes: UserChanges, password_hash: str | None, now: int
    ) -> tuple[User, list[Session]] | None:
        with unique_email(), transaction():
            may_remove_admin = changes.disabled or changes.role is not None
            row, admins = lock_user(user_id, with_admins=bool(may_remove_admin))
            if row is None:
                return None
            for kind, detail in _events_for(row, changes, password_hash):
                add_event(kind, user_id, now, detail=detail)
            ended = (
                end_all(user_id, changes.session_end_reason, now)
                if changes.session_end_reason
                else []
            )
            new_email = changes.email not in (None, row.email)
            new_words = new_email or changes.name not in (None, row.name)
            _apply(row, changes, password_hash, now)
            if new_words:
                user_search.index(row)
            if changes.password is not None:
                forget_devices(user_id)
            if new_email:
                check_not_reserved(row.email, user_id, now)
                _end_undo(user_id, now)
            _keep_an_admin(admins, row, gone=row.role != Role.ADMIN or bool(row.disabled_at))
        return row.to_user(), ended

    def replace_password(
        self, user: User, old_hash: str, new_hash: str, kind: EventKind, now: int, but: str | None
    ) -> list[Session] | None:
        unchanged = (UserRow.id == user.id) & (UserRow.password_hash == old_hash)
        # A pending e-mail may be a thief's, and the new password is to keep the thief out.
        values: dict[str, Any] = {"password_hash": new_hash, "pending_email": None}
        if kind is EventKind.PASSWORD_RESET:  # the link was mailed, which verifies the e-mail
            values |= {
                "awaiting_verification": False,
                "email_verified_at": user.email_verified_at or now,
            }
        # A stranger may have registered the e-mail, and chosen the name.
        clears_name = kind is EventKind.PASSWORD_RESET and user.email_verified_at is None
        values |= {"name": ""} if clears_name else {}
        replacing = update(UserRow).where(unchanged, UserRow.email == user.email).values(**values)
        with transaction():
            if not _updated_rows(replacing, UserRow.id):
                return None
            row = db.session.get_one(UserRow, user.id, populate_existing=True)
            row.keep_former_hash(old_hash, now)
            if clears_name:
                user_search.index(row)
            keep_this_device_alone(user.id, now)
            add_event(kind, user.id, now)
            return end_all(user.id, EndReason.PASSWORD_CHANGED, now, but=but)

    def rehash(self, user_id: str, old_hash: str, new_hash: str) -> bool:
        unchanged = (UserRow.id == user_id) & (UserRow.password_hash == old_hash)
        with transaction():
            return bool(
                _updated_rows(
                    update(UserRow).where(unchanged).values(password_hash=new_hash), UserRow.id
                )
            )

    def set_language(self, user_id: str, language: str) -> None:
        change = update(UserRow).where(UserRow.id == user_id).values(language=language)
        with transaction():
            db.session.execute(change, execution_options={"synchronize_session": False})

    def confirm(self, user: User, password_hash: str, now: int) -> bool:
        unverified = (UserRow.email == user.email) & UserRow.email_verified_at.is_(None)
        unchanged = (UserRow.id == user.id) & (UserRow.password_hash == password_hash)
        verifying = update(UserRow).where(unchanged, unverified)
        verifying = verifying.values(email_verified_at=now, awaiting_verification=False)
        return self._changed(verifying, EventKind.EMAIL_CONFIRMED, user.id, now)

    def remove(self, user_id: str, now: int) -> list[Session] | None:
        with transaction():
            row, admins = lock_user(user_id, with_admins=True)
            if row is None:
                return None
            _keep_an_admin(admins, row, gone=True)
            db.session.delete(row)
            db.session.flush()
            removed = remove_all(user_id, now)
            add_deletion_event(user_id, now)
        return removed

    def _changed(self, change: Update, kind: EventKind, user_id: str, now: int) -> bool:
        """Whether the update changed its row. Of two parallel ones, one does."""
        with transaction():
            if changed := bool(_updated_rows(change, UserRow.id)):
                remember_this_device(user_id, now)
                add_event(kind, user_id, now)
        return changed

    def _one(self, query: Select[UserRow]) -> tuple[User, str] | None:
        with translate_sql_errors():
            row = db.session.scalar(query.execution_options(populate_existing=True))
        return (row.to_user(), row.password_hash) if row else None


def _updated_rows(change: Update, column: InstrumentedAttribute[str]) -> Sequence[str]:
    """Run an update; the values of `column` in the changed rows."""
    changing = change.returning(column)
    return db.session.scalars(changing, execution_options={"synchronize_session": False}).all()


def _events_for(
    row: UserRow, changes: UserChanges, password_hash: str | None
) -> Iterator[tuple[EventKind, str]]:
    """The events of the changes, with their details."""
    if changes.email not in (None, row.email):
        yield EventKind.EMAIL_CHANGED, ""
    if changes.role not in (None, row.role):
        yield EventKind.ROLE_CHANGED, changes.role or ""
    if password_hash and changes.password is not None:
        yield EventKind.PASSWORD_CHANGED, ""
    if changes.disabled is not None and changes.disabled != bool(row.disabled_at):
        yield (EventKind.DISABLED if changes.disabled else EventKind.ENABLED), ""


def _apply(row: UserRow, changes: UserChanges, password_hash: str | None, now: int) -> None:
    if changes.email not in (None, row.email):
        row.email_verified_at = None
        row.pending_email = None
    for field in ("email", "name", "role"):
        if (value := getattr(changes, field)) is not None:
            setattr(row, field, value)
    if password_hash is not None:
        row.replace_hash(password_hash, now)
        row.pending_email = None
    if changes.disabled is not None:
        row.disabled_at = (row.disabled_at or now) if changes.disabled else None


def lock_user(user_id: str, *, with_admins: bool) -> tuple[UserRow | None, set[str]]:
    """Lock the user's row and those of all active admins; the row, and the admins' ids.

    So two admins can't demote each other at once. Rows are locked in the order of ids, before
    other writes, to avoid deadlocks. FOR NO KEY UPDATE: references to the row stay possible, since
    the end of a session locks its own row first, and then inserts an event of the user.
    """
    is_user = UserRow.id == user_id
    active = (UserRow.role == Role.ADMIN) & UserRow.disabled_at.is_(None)
    if db.engine.dialect.name == "sqlite":  # only a write locks, and it locks the database
        no_change = update(UserRow).where(is_user).values(role=UserRow.role)
        db.session.execute(no_change, execution_options={"synchronize_session": False})
    locking = select(UserRow).where(is_user | active if with_admins else is_user)
    locking = locking.order_by(UserRow.id).with_for_update(key_share=True)
    rows = db.session.scalars(locking, execution_options={"populate_existing": True}).all()
    admins = {row.id for row in rows if row.role == Role.ADMIN and row.disabled_at is None}
    return next((row for row in rows if row.id == user_id), None), admins


def _keep_an_admin(admins: set[str], row: UserRow, *, gone: bool) -> None:
    if gone and admins == {row.id}:
        raise Conflict({"role": [N_("This is the last admin: make another user an admin first.")]})


def _end_undo(user_id: str, now: int) -> None:
    """After an admin's change, earlier changes of the e-mail can't be undone any more."""
    open_changes = (EmailChangeRow.user_id == user_id) & EmailChangeRow.undone_at.is_(None)
    _updated_rows(
        update(EmailChangeRow).where(open_changes).values(undone_at=now), EmailChangeRow.user_id
    )
