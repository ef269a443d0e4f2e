"""Accounts: register, prove who you are, change your profile."""

import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

from .errors import (
    AccountDisabled,
    InvalidCredentials,
    LinkVoid,
    NotFound,
    PasswordRefused,
    Unavailable,
    ValidationFailed,
)
from .events import EventKind, Events
from .models import Changes, Session, User
from .notices import Notices
from .password_strength import Strength
from .passwords import Passwords
from .policy import Role
from .stores import Feed, Users
from .validation import normal_email, normal_name, normal_role


class Accounts:
    def __init__(
        self, users: Users, passwords: Passwords, events: Events, notices: Notices, feed: Feed
    ) -> None:
        self._users = users
        self._passwords = passwords
        self._events = events
        self._notices = notices
        self._feed = feed

    def register(
        self,
        email: str,
        password: str,
        *,
        name: str = "",
        role: str = Role.USER,
        disabled: bool = False,
        now: float,
    ) -> User:
        """For somebody who vouches for the address: an admin, or an operator.

        Raises ValidationFailed with `fields`, Conflict if the address is taken.
        """
        good = self.checked(Changes(email=email, password=password, name=name, role=role))
        user = replace(new_user(good, now), role=role, disabled=disabled, confirmed_at=int(now))
        self._users.create(user, self._passwords.hash(password))
        return user

    def knows(self, email: str) -> bool:
        return self._users.by_email(normal_email(email)) is not None

    def authenticate(self, email: str, password: str, now: float) -> User:
        """Raises InvalidCredentials, the same for every other cause and after the same work.

        AccountDisabled: the password is right. Not while the account is pending: then its password
        may be that of a stranger, who would learn that nobody else has the address.
        """
        user, hashed = self.find(email)
        right = self._passwords.matches(password, hashed)
        if not right or user is None or user.disabled or user.pending:
            self._note_failure(EventKind.SIGN_IN_FAILED, user, now)
            known = right and user is not None and not user.pending
            raise AccountDisabled if known else InvalidCredentials
        assert hashed
        return replace(user, proof=self._renewed(user, password, hashed))

    def _renewed(self, user: User, password: str, hashed: str) -> str:
        """The hash at today's cost; the old one if it has been replaced in between."""
        if not self._passwords.outdated(hashed):
            return hashed
        new_hash = self._passwords.hash(password)
        return new_hash if self._users.rehash(user.id, hashed, new_hash) else hashed

    def profile(self, user_id: str) -> User:
        """Raises NotFound."""
        return self._found(user_id)[0]

    def check_password(self, user_id: str, password: str, now: float) -> tuple[User, str]:
        """For who is signed in. The user and the hash that it matched. Raises PasswordRefused."""
        user, hashed = self._found(user_id)
        if not self._passwords.matches(password, hashed):
            self._note_failure(EventKind.PASSWORD_REFUSED, user, now)
            raise PasswordRefused({"current_password": ["That is not your password."]})
        return user, hashed

    def _note_failure(self, kind: EventKind, user: User | None, now: float) -> None:
        """What can't be written down now was a guess all the same, and counts as one."""
        with suppress(Unavailable):
            self._events.record(kind, user.id if user else None, now)

    def change_password(
        self, user_id: str, current: str, new: str, now: float, *, but: str
    ) -> list[Session]:
        """As `set_password`. Raises PasswordRefused, ValidationFailed, LinkVoid, NotFound."""
        user, hashed = self.check_password(user_id, current, now)
        try:
            return self.set_password(user, hashed, new, EventKind.PASSWORD_CHANGED, now, but=but)
        except ValidationFailed as refusal:
            raise ValidationFailed({"new_password": refusal.fields["password"]}) from None

    def set_password(
        self,
        user: User,
        hashed: str,
        new: str,
        kind: EventKind,
        now: float,
        *,
        but: str | None = None,
    ) -> list[Session]:
        """Only if it still is what it was: of two that come together, one does.

        The sessions that this has ended, all but one, of which Redis has to be told.
        Raises ValidationFailed, LinkVoid.
        """
        complaints: dict[str, list[str]] = {}
        _checked(complaints, "password", self._acceptable(user.email, user.name), new)
        if complaints:
            raise ValidationFailed(complaints)
        new_hash = self._passwords.hash(new)
        self._feed.announce(user.id)
        ended = self._users.swap_password(user, hashed, new_hash, kind, int(now), but)
        if ended is None:
            raise LinkVoid
        self._notices.password_changed(user)
        return ended

    def change(self, user_id: str, changes: Changes, now: float) -> tuple[User, list[Session]]:
        """The user, and the sessions that this has ended, of which Redis has to be told.

        What a change of address or password needs of letters goes out as well. Another address
        is taken at once, on the word of an admin, who can have reasons to keep it from the old one.
        Raises ValidationFailed, Conflict, NotFound.
        """
        before, old_hash = self._found(user_id)
        good = self.checked(changes, before)
        hashed = None if good.password is None else self._passwords.hash(good.password)
        self._feed.announce(user_id)
        changed = self._users.change(user_id, good, hashed, int(now))
        if changed is None:
            raise NotFound
        user, ended = changed
        if user.email != before.email:
            if before.confirmed_at is not None:
                self._notices.email_changed(before, user)
            self._notices.confirm_address(user, hashed or old_hash, now)
        if hashed:
            self._notices.password_changed(user)
        return user, ended

    def find(self, email: str) -> tuple[User | None, str | None]:
        """The user of an address as it was typed, and their password's hash."""
        try:
            return self._users.by_email(normal_email(email)) or (None, None)
        except ValueError:
            self._users.by_email("")  # as long as a good one takes
            return None, None

    def strength(self, password: str, *about: str) -> Strength:
        """Raises Busy."""
        return self._passwords.strength(password, *about)

    def meter(self, password: str, *about: str) -> Strength:
        """How strong a password is that is still typed. Raises Busy."""
        return self._passwords.meter(password, *about)

    def checked(self, changes: Changes, before: User | None = None) -> Changes:
        """The changes in the form that is stored. Raises ValidationFailed with every complaint.

        `before`: whose they are; a password must not be made of what stays, either.
        """
        fields: dict[str, list[str]] = {}
        about = [changes.email or "", changes.name or ""]
        acceptable = self._acceptable(*about, *([before.email, before.name] if before else []))
        good = replace(
            changes,
            email=_checked(fields, "email", normal_email, changes.email),
            name=_checked(fields, "name", normal_name, changes.name),
            role=_checked(fields, "role", normal_role, changes.role),
            password=_checked(fields, "password", acceptable, changes.password),
        )
        if fields:
            raise ValidationFailed(fields)
        return good

    def _acceptable(self, *about: str) -> Callable[[str], str]:
        return lambda password: self._passwords.accepted(password, *about)

    def _found(self, user_id: str) -> tuple[User, str]:
        found = self._users.by_id(user_id)
        if found is None:
            raise NotFound
        return found


def new_user(good: Changes, now: float) -> User:
    return User(
        id=str(uuid.uuid4()),
        email=good.email or "",
        name=good.name or "",
        role=Role.USER,
        created_at=int(now),
    )


def _checked(
    fields: dict[str, list[str]], field: str, check: Callable[[str], str], text: str | None
) -> str | None:
    """The checked value; or none, and the complaint noted under the field's name."""
    try:
        return None if text is None else check(text)
    except ValueError as error:
        fields[field] = [str(error)]
        return None
