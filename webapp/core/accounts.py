"""Accounts: register, check a password, change a profile or a password."""

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
from .models import Changes, Session, User
from .notifications import Notices
from .password_strength import Strength
from .passwords import Passwords
from .policy import Role
from .ports import Feed, Users
from .security_events import EventKind, Events
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
        """Create an account whose e-mail counts as verified: for an admin or an operator.

        Raises ValidationFailed with `fields`, Conflict if the e-mail is taken, Busy.
        """
        good = self.checked(Changes(email=email, password=password, name=name, role=role))
        user = replace(new_user(good, now), role=role, disabled=disabled, confirmed_at=int(now))
        self._users.create(user, self._passwords.hash(password))
        return user

    def knows(self, email: str) -> bool:
        return self._users.by_email(normal_email(email)) is not None

    def authenticate(self, email: str, password: str, now: float) -> User:
        """The user of this e-mail and password.

        Raises InvalidCredentials for every cause, after constant work, so that timing does not
        reveal whether the account exists. Raises AccountDisabled if the password is right; not
        while the account is pending, for then a stranger may have chosen its password, and would
        learn that the e-mail has no other account.
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
        """The hash at today's cost; the old one if the password was replaced meanwhile."""
        if not self._passwords.outdated(hashed):
            return hashed
        new_hash = self._passwords.hash(password)
        return new_hash if self._users.rehash(user.id, hashed, new_hash) else hashed

    def profile(self, user_id: str) -> User:
        """The user. Raises NotFound."""
        return self._found(user_id)[0]

    def check_password(self, user_id: str, password: str, now: float) -> tuple[User, str]:
        """The signed-in user, and the hash that matched. Raises PasswordRefused, NotFound, Busy."""
        user, hashed = self._found(user_id)
        if not self._passwords.matches(password, hashed):
            self._note_failure(EventKind.PASSWORD_REFUSED, user, now)
            raise PasswordRefused({"current_password": ["That is not your password."]})
        return user, hashed

    def _note_failure(self, kind: EventKind, user: User | None, now: float) -> None:
        """Record a failed attempt. During an outage of SQL it fails as a guess all the same."""
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
        """Replace the password, if its hash is still `hashed`: of two requests at once, one wins.

        All sessions end except `but`. They are returned for their tombstones in Redis.
        Raises ValidationFailed, LinkVoid, Busy.
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
        """An admin's changes: the changed user, and the sessions that ended, for their tombstones.

        Sends the mails about a new e-mail or password. A new e-mail counts at once, without its
        link: the admin vouches for it.
        Raises ValidationFailed, Conflict, NotFound, Busy.
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
        """The user of an e-mail as it was typed, and the hash of the password."""
        try:
            return self._users.by_email(normal_email(email)) or (None, None)
        except ValueError:
            self._users.by_email("")  # constant work, as for a valid e-mail
            return None, None

    def strength(self, password: str, *about: str) -> Strength:
        """The strength of a password that is to be set. Raises Busy."""
        return self._passwords.strength(password, *about)

    def meter(self, password: str, *about: str) -> Strength:
        """The strength of a password while it is typed. Raises Busy."""
        return self._passwords.meter(password, *about)

    def checked(self, changes: Changes, before: User | None = None) -> Changes:
        """The changes in the form that is stored. Raises ValidationFailed with every complaint.

        `before`: the user; a new password must not be made of the unchanged e-mail or name either.
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
    """The checked value; or None, and the complaint is added to `fields`."""
    try:
        return None if text is None else check(text)
    except ValueError as error:
        fields[field] = [str(error)]
        return None
