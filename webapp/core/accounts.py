"""Accounts: register, prove who you are, change your profile."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

from email_validator import EmailNotValidError, validate_email

from .errors import InvalidCredentials, NotFound, PasswordRefused, ValidationFailed
from .passwords import Passwords
from .policy import Role
from .stores import User

MAX_EMAIL = 254  # RFC 5321 section 4.5.3.1.3
MAX_NAME = 100
# No control characters. Whatever else people are called is a name.
NAME = r"^[^\x00-\x1f\x7f-\x9f]*$"


@dataclass(frozen=True)
class Changes:
    """What is to be different about a user; None leaves it as it is."""

    email: str | None = None
    name: str | None = None
    role: str | None = None
    disabled: bool | None = None
    password: str | None = None


class Users(Protocol):
    """Users in SQL. Every method may raise Unavailable."""

    def create(self, email: str, name: str, password_hash: str, role: str, now: int) -> User:
        """Raises Conflict if the address is taken."""

    def by_email(self, email: str) -> tuple[User, str] | None:
        """The user and their password's hash."""

    def by_id(self, user_id: str) -> tuple[User, str] | None:
        """The user and their password's hash."""

    def change(
        self, user_id: str, changes: Changes, password_hash: str | None, now: int
    ) -> User | None:
        """Raises Conflict: the address is taken, or nobody would be left to administer."""


class Accounts:
    def __init__(self, users: Users, passwords: Passwords) -> None:
        self._users = users
        self._passwords = passwords

    def register(
        self, email: str, password: str, *, name: str = "", role: str = Role.USER, now: float
    ) -> User:
        """Raises ValidationFailed with `fields`, Conflict if the address is taken."""
        good = self.checked(Changes(email=email, password=password, name=name, role=role))
        hashed = self._passwords.hash(password)
        return self._users.create(good.email or "", good.name or "", hashed, role, int(now))

    def knows(self, email: str) -> bool:
        return self._users.by_email(normal_email(email)) is not None

    def authenticate(self, email: str, password: str, now: float) -> User:
        """Raises InvalidCredentials, the same for every cause and after the same work."""
        try:
            address = normal_email(email)
        except ValueError:
            address = ""
        user, hashed = self._users.by_email(address) or (None, None)
        if not self._passwords.matches(password, hashed) or user is None or user.disabled:
            raise InvalidCredentials
        if hashed and self._passwords.outdated(hashed):
            self._users.change(user.id, Changes(), self._passwords.hash(password), int(now))
        return user

    def profile(self, user_id: str) -> User:
        """Raises NotFound."""
        return self._found(user_id)[0]

    def update_profile(
        self, user_id: str, *, email: str | None, name: str | None, password: str, now: float
    ) -> User:
        """Change name and address; another address needs the current password.

        Whoever holds the address can have the password reset: a session alone, left
        open on a desk, must not be enough to move it (OWASP ASVS 5.0 7.5.1).
        Raises ValidationFailed, PasswordRefused, Conflict, NotFound.
        """
        user, hashed = self._found(user_id)
        good = self.checked(Changes(email=email, name=name))
        if good.email not in (None, user.email) and not self._passwords.matches(password, hashed):
            complaint = "Enter your current password to change the address."
            raise PasswordRefused(
                {"current_password": ["That is not your password." if password else complaint]}
            )
        return self.change(user_id, good, now)

    def change(self, user_id: str, changes: Changes, now: float) -> User:
        """Raises ValidationFailed, Conflict, NotFound."""
        good = self.checked(changes)
        hashed = None if good.password is None else self._passwords.hash(good.password)
        user = self._users.change(user_id, good, hashed, int(now))
        if user is None:
            raise NotFound
        return user

    def checked(self, changes: Changes) -> Changes:
        """The changes in the form that is stored. Raises ValidationFailed with every complaint."""
        fields: dict[str, list[str]] = {}
        good = replace(
            changes,
            email=_checked(fields, "email", normal_email, changes.email),
            name=_checked(fields, "name", normal_name, changes.name),
            role=_checked(fields, "role", normal_role, changes.role),
            password=_checked(fields, "password", self._passwords.accepted, changes.password),
        )
        if fields:
            raise ValidationFailed(fields)
        return good

    def _found(self, user_id: str) -> tuple[User, str]:
        found = self._users.by_id(user_id)
        if found is None:
            raise NotFound
        return found


def normal_email(text: str) -> str:
    """The address in the one form that is stored. Raises ValueError with advice."""
    if len(text) > MAX_EMAIL:
        raise ValueError("That address is too long.")
    try:
        checked = validate_email(text.strip(), check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        raise ValueError("Enter an e-mail address like name@example.com.") from None
    return checked.normalized.lower()


def normal_name(text: str) -> str:
    """Raises ValueError with advice."""
    if len(text) > MAX_NAME:
        raise ValueError(f"Use at most {MAX_NAME} characters.")
    if not re.fullmatch(NAME, text) or any("\ud800" <= letter <= "\udfff" for letter in text):
        raise ValueError("There is a character in it that can't be shown.")
    return " ".join(text.split())


def normal_role(text: str) -> str:
    """Raises ValueError with advice."""
    if text not in list(Role):
        raise ValueError(f"Use one of: {', '.join(Role)}.")
    return text


def _checked(
    fields: dict[str, list[str]], field: str, check: Callable[[str], str], text: str | None
) -> str | None:
    """The checked value; or none, and the complaint noted under the field's name."""
    try:
        return None if text is None else check(text)
    except ValueError as error:
        fields[field] = [str(error)]
        return None
