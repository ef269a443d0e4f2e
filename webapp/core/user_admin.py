"""The directory of users: what an admin may see and change (OWASP ASVS 5.0 V8)."""

from dataclasses import dataclass
from typing import Protocol

from .accounts import Accounts
from .errors import NotFound
from .models import Session, User, UserChanges
from .notifications import Notifications
from .policy import Role
from .ports import InvalidationFeed
from .sessions import Sessions

SORTS = ("created_at", "-created_at", "email", "-email", "name", "-name")


@dataclass(frozen=True)
class Page:
    users: list[User]
    total: int


class UserAdminStore(Protocol):
    """Every method may raise Unavailable."""

    def page(self, query: str, sort: str, offset: int, limit: int) -> Page:
        """Those in whose name or address words begin with those of `query`.

        No more than 100 are found, and of all no more than 10,000 counted.
        """

    def remove(self, user_id: str, now: int) -> list[Session] | None:
        """With sessions and events; sessions that were open, or None: no such user.

        Of very many sessions or events the rest is removed afterwards (session_ends.py).

        Raises Conflict if nobody would be left to administer.
        """


@dataclass(frozen=True)
class UserAdmin:
    store: UserAdminStore
    accounts: Accounts
    sessions: Sessions
    notifications: Notifications
    feed: InvalidationFeed

    def page(self, *, query: str, sort: str, page: int, per_page: int) -> Page:
        """`page` counts from 1; `sort` is one of SORTS, a minus in front for descending."""
        return self.store.page(query, sort, (page - 1) * per_page, per_page)

    def create(self, wanted: UserChanges, now: float) -> User:
        """Raises ValidationFailed, Conflict."""
        return self.accounts.register(
            wanted.email or "",
            wanted.password or "",
            name=wanted.name or "",
            role=wanted.role or Role.USER,
            disabled=bool(wanted.disabled),
            now=now,
        )

    def change(self, user_id: str, changes: UserChanges, now: float) -> User:
        """A user who is disabled, or gets another password, is signed out everywhere.

        Raises ValidationFailed, Conflict, NotFound.
        """
        user, ended = self.accounts.change(user_id, changes, now)
        self.sessions.write_tombstones(ended, now)
        return user

    def remove(self, user_id: str, now: float) -> None:
        """And sign them out everywhere: Redis has to know, should SQL be down later.

        Raises Conflict, NotFound.
        """
        user = self.accounts.profile(user_id)
        self.feed.publish(user_id)
        ended = self.store.remove(user_id, int(now))
        if ended is None:
            raise NotFound
        self.sessions.write_tombstones(ended, now, more=True)
        self.notifications.account_deleted(user)
