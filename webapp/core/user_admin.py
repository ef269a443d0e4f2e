"""User administration: list, create, change and delete users (OWASP ASVS 5.0 V8)."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from .accounts import Accounts
from .errors import NotFound
from .models import Session, User, UserChanges
from .notifications import Notifications
from .policy import Role
from .ports import InvalidationFeed
from .sessions import Sessions
from .statistics import Statistics


class UserFilter(StrEnum):
    ALL = ""
    ADMINS = "admins"
    DISABLED = "disabled"
    UNCONFIRMED = "unconfirmed"  # the e-mail


SORTS = ("created_at", "-created_at", "email", "-email", "name", "-name")


@dataclass(frozen=True)
class Page:
    users: list[User]
    total: int


class UserAdminStore(Protocol):
    """Every method may raise Unavailable."""

    def page(
        self,
        query: str,
        sort: str,
        offset: int,
        limit: int,
        shown: UserFilter = UserFilter.ALL,
    ) -> Page:
        """Users with words in name or e-mail that start with the words of `query`.

        A query finds at most 100 users. Without one, `total` is at most 10,000; a filter shows at
        most so many.
        """

    def remove(self, user_id: str, now: int) -> list[Session] | None:
        """Delete a user with sessions and events; the sessions that were open. None: no such user.

        If there are very many, the others are deleted afterwards (session_ends.py).

        Raises Conflict if no admin would be left.
        """


@dataclass(frozen=True)
class UserAdmin:
    store: UserAdminStore
    statistics: Statistics
    accounts: Accounts
    sessions: Sessions
    notifications: Notifications
    feed: InvalidationFeed

    def page(
        self,
        *,
        query: str,
        sort: str,
        page: int,
        per_page: int,
        shown: UserFilter = UserFilter.ALL,
    ) -> Page:
        """One page of users. `page` starts at 1; `sort` is one of SORTS (minus: descending)."""
        return self.store.page(query, sort, (page - 1) * per_page, per_page, shown)

    def create(self, fields: UserChanges, now: float) -> User:
        """Create a user with a verified e-mail. Raises ValidationFailed, Conflict."""
        return self.accounts.register(
            fields.email or "",
            fields.password or "",
            name=fields.name or "",
            role=fields.role or Role.USER,
            disabled=bool(fields.disabled),
            now=now,
        )

    def change(self, user_id: str, changes: UserChanges, now: float) -> User:
        """Change a user. All sessions end if the user is disabled or gets a new password.

        Raises ValidationFailed, Conflict, NotFound.
        """
        user, ended = self.accounts.change(user_id, changes, now)
        self.sessions.write_tombstones(ended, now)
        return user

    def remove(self, user_id: str, now: float) -> None:
        """Delete a user and end all sessions. Raises Conflict, NotFound.

        Tombstones go to Redis as well, in case SQL is down later.
        """
        user = self.accounts.profile(user_id)
        self.feed.publish(user_id)
        ended = self.store.remove(user_id, int(now))
        if ended is None:
            raise NotFound
        self.sessions.write_tombstones(ended, now, more=True)
        self.notifications.account_deleted(user)
