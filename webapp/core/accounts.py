"""Accounts: registration, password checks, changes of profile and password."""

import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

from .errors import (
    AccountDisabled,
    InvalidCredentials,
    InvalidLink,
    NotFound,
    Unavailable,
    ValidationFailed,
    WrongPassword,
)
from .factors import FactorRepository
from .models import Session, User, UserChanges
from .notifications import Notifications
from .password_strength import Strength
from .passwords import Passwords, is_hash
from .policy import Role
from .ports import InvalidationFeed, UserRepository
from .security_events import EventKind, Events
from .text import N_
from .validation import normalize_email, normalize_name, validate_field, validate_role


class Accounts:
    def __init__(
        self,
        users: UserRepository,
        passwords: Passwords,
        events: Events,
        notices: Notifications,
        feed: InvalidationFeed,
        factors: FactorRepository,
    ) -> None:
        self._users = users
        self._passwords = passwords
        self._events = events
        self._notifications = notices
        self._feed = feed
        self._factors = factors

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

        Raises ValidationFailed with `fields`, Conflict if the e-mail is taken, Overloaded.
        """
        valid = self.validated(UserChanges(email=email, password=password, name=name, role=role))
        user = replace(
            new_user(valid, now), role=role, disabled=disabled, email_verified_at=int(now)
        )
        self._users.create(user, self._passwords.hash(password))
        return user

    def set_language(self, user_id: str, language: str) -> None:
        self._feed.publish(user_id)  # cached tokens hold the user
        self._users.set_language(user_id, language)

    def exists(self, email: str) -> bool:
        """Whether an account has this e-mail. Raises ValueError if it is no e-mail."""
        return self._users.by_email(normalize_email(email)) is not None

    def authenticate(self, email: str, password: str, now: float) -> User:
        """The user with this e-mail and password.

        Raises InvalidCredentials for every cause, after constant work, so that timing does not
        reveal whether the account exists. Raises AccountDisabled if the password is right, except
        while the account is pending: then a stranger may have chosen its password, and would
        learn that the e-mail has no other account.
        """
        user, hashed = self.find(email)
        matches = self._passwords.verify(password, hashed)
        if not matches or user is None or user.disabled or user.awaiting_verification:
            self._record_failure(EventKind.SIGN_IN_FAILED, user, now)
            known = matches and user is not None and not user.awaiting_verification
            raise AccountDisabled if known else InvalidCredentials
        assert hashed
        return replace(user, verified_password_hash=self._renewed(user, password, hashed))

    def _renewed(self, user: User, password: str, hashed: str) -> str:
        """The hash at the present cost; the old one if the password was replaced meanwhile."""
        if not self._passwords.needs_rehash(hashed):
            return hashed
        new_hash = self._passwords.hash(password)
        return new_hash if self._users.rehash(user.id, hashed, new_hash) else hashed

    def profile(self, user_id: str) -> User:
        """The user. Raises NotFound."""
        return self._get(user_id)[0]

    def check_password(self, user_id: str, password: str, now: float) -> tuple[User, str]:
        """The user and the hash that matched. Raises WrongPassword, NotFound, Overloaded."""
        user, hashed = self._get(user_id)
        if not self._passwords.verify(password, hashed):
            self._record_failure(EventKind.PASSWORD_REFUSED, user, now)
            raise WrongPassword({"current_password": [N_("That is not your password.")]})
        return user, hashed

    def _record_failure(self, kind: EventKind, user: User | None, now: float) -> None:
        """Record a failed attempt, unless SQL is down: the sign-in is refused either way."""
        with suppress(Unavailable):
            self._events.record(kind, user.id if user else None, now)

    def change_password(
        self, user_id: str, current: str, new: str, now: float, *, but: str
    ) -> list[Session]:
        """Check the current password, then `set_password`.

        Raises WrongPassword, ValidationFailed, InvalidLink, NotFound, Overloaded.
        """
        user, hashed = self.check_password(user_id, current, now)
        try:
            return self.set_password(user, hashed, new, EventKind.PASSWORD_CHANGED, now, but=but)
        except ValidationFailed as refusal:
            raise ValidationFailed({"new_password": refusal.fields["password"]}) from None

    def add_password(self, user_id: str, new: str, now: float, *, but: str) -> list[Session]:
        """Set the password of an account that has none. Errors as in `set_password`."""
        user, stored = self._get(user_id)
        if is_hash(stored):
            raise InvalidLink
        return self.set_password(user, stored, new, EventKind.PASSWORD_CHANGED, now, but=but)

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
        """Replace the password if its hash is still `hashed`. One of two parallel requests wins.

        All sessions end except `but`, and are returned for their tombstones in Redis.
        Raises ValidationFailed, InvalidLink, Overloaded.
        """
        errors: dict[str, list[str]] = {}
        validate_field(errors, "password", self._password_validator(user.email, user.name), new)
        before = [hashed, *self._users.former_hashes(user.id)]
        if not errors and self._passwords.was_used(new, before):
            errors["password"] = [N_("This was your password before. Choose another one.")]
        if errors:
            raise ValidationFailed(errors)
        new_hash = self._passwords.hash(new)
        self._feed.publish(user.id)
        ended = self._users.replace_password(user, hashed, new_hash, kind, int(now), but)
        if ended is None:
            raise InvalidLink
        self._notify_password_changed(user)
        return ended

    def _notify_password_changed(self, user: User) -> None:
        """Passkeys stay valid: the mail names them."""
        names = [f"“{each.name}”" for each in self._factors.passkeys(user.id)]
        self._notifications.password_changed(user, names)

    def change(self, user_id: str, changes: UserChanges, now: float) -> tuple[User, list[Session]]:
        """Apply an admin's changes; return the user and the sessions that ended by them.

        Mails the user about a new e-mail or password. A new e-mail is valid at once, before its
        link is opened: the admin vouches for it.
        Raises ValidationFailed, Conflict, NotFound, Overloaded.
        """
        before, old_hash = self._get(user_id)
        valid = self.validated(changes, before)
        hashed = None if valid.password is None else self._passwords.hash(valid.password)
        self._feed.publish(user_id)
        changed = self._users.change(user_id, valid, hashed, int(now))
        if changed is None:
            raise NotFound
        user, ended = changed
        if user.email != before.email:
            if before.email_verified_at is not None:
                self._notifications.email_changed(before, user)
            self._notifications.verify_email(user, hashed or old_hash, now)
        if hashed:
            self._notify_password_changed(user)
        return user, ended

    def find(self, email: str) -> tuple[User | None, str | None]:
        """The user with this e-mail, in any spelling, and the password hash; or twice None."""
        try:
            return self._users.by_email(normalize_email(email)) or (None, None)
        except ValueError:
            self._users.by_email("")  # constant work, as for a valid e-mail
            return None, None

    def strength(self, password: str, *about: str) -> Strength:
        """The strength of a new password from a form. Raises Overloaded."""
        return self._passwords.strength(password, *about)

    def meter(self, password: str, *about: str) -> Strength:
        """The strength of a password while it is typed. Raises Overloaded."""
        return self._passwords.meter(password, *about)

    def validated(self, changes: UserChanges, before: User | None = None) -> UserChanges:
        """The changes in their stored form. Raises ValidationFailed with the errors of all fields.

        `before`: the user; a new password must not contain their unchanged e-mail or name either.
        """
        fields: dict[str, list[str]] = {}
        about = [changes.email or "", changes.name or ""]
        validate_password = self._password_validator(
            *about, *([before.email, before.name] if before else [])
        )
        valid = replace(
            changes,
            email=validate_field(fields, "email", normalize_email, changes.email),
            name=validate_field(fields, "name", normalize_name, changes.name),
            role=validate_field(fields, "role", validate_role, changes.role),
            password=validate_field(fields, "password", validate_password, changes.password),
        )
        if fields:
            raise ValidationFailed(fields)
        return valid

    def _password_validator(self, *about: str) -> Callable[[str], str]:
        return lambda password: self._passwords.validate(password, *about)

    def _get(self, user_id: str) -> tuple[User, str]:
        row = self._users.by_id(user_id)
        if row is None:
            raise NotFound
        return row


def new_user(valid: UserChanges, now: float, language: str = "") -> User:
    """A new user with a random id, not stored yet."""
    return User(
        id=str(uuid.uuid4()),
        email=valid.email or "",
        name=valid.name or "",
        role=Role.USER,
        created_at=int(now),
        language=language,
    )
