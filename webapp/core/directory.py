"""The directory of users: what an admin may see and change (OWASP ASVS 5.0 V8)."""

from dataclasses import dataclass
from typing import Protocol

from .accounts import Accounts, Changes
from .devices import Devices
from .errors import NotFound
from .notices import Notices
from .policy import Role
from .sessions import EndReason
from .stores import User

SORTS = ("created_at", "-created_at", "email", "-email", "name", "-name")


@dataclass(frozen=True)
class Page:
    users: list[User]
    total: int


class DirectoryStore(Protocol):
    """Every method may raise Unavailable."""

    def page(self, query: str, sort: str, offset: int, limit: int) -> Page:
        """Those in whose name or address words begin with those of `query`.

        No more than 250 are found, and of all no more than 10,000 counted.
        """

    def remove(self, user_id: str, now: int) -> bool:
        """With sessions and events. Raises Conflict if nobody would be left to administer."""


@dataclass(frozen=True)
class Directory:
    store: DirectoryStore
    accounts: Accounts
    devices: Devices
    notices: Notices

    def page(self, *, query: str, sort: str, page: int, per_page: int) -> Page:
        """`page` counts from 1; `sort` is one of SORTS, a minus in front for descending."""
        return self.store.page(query, sort, (page - 1) * per_page, per_page)

    def create(self, wanted: Changes, now: float) -> User:
        """Raises ValidationFailed, Conflict."""
        user = self.accounts.register(
            wanted.email or "",
            wanted.password or "",
            name=wanted.name or "",
            role=wanted.role or Role.USER,
            now=now,
        )
        return self.change(user.id, Changes(disabled=True), now) if wanted.disabled else user

    def change(self, user_id: str, changes: Changes, now: float) -> User:
        """A user who is disabled, or gets another password, is signed out everywhere.

        Raises ValidationFailed, Conflict, NotFound.
        """
        open_before = [device.session.sid for device in self.devices.of(user_id, now)]
        user = self.accounts.change(user_id, changes, now)
        if changes.password is not None:  # that has ended them in SQL: Redis has to hear
            self.devices.tell_redis(open_before, EndReason.PASSWORD_CHANGED, now)
        if changes.disabled is not None:  # also when enabled again: nothing old comes back
            self.devices.end_all(user_id, EndReason.DISABLED, now)
        elif changes.password is not None:
            self.devices.end_all(user_id, EndReason.PASSWORD_CHANGED, now)
        return user

    def remove(self, user_id: str, now: float) -> None:
        """Disabled first and signed out everywhere: Redis has to know, should SQL be down later.

        Raises Conflict, NotFound.
        """
        user = self.accounts.change(user_id, Changes(disabled=True), now)
        self.devices.end_all(user_id, EndReason.DELETED, now)
        if not self.store.remove(user_id, int(now)):
            raise NotFound
        self.notices.account_deleted(user)
