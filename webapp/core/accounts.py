"""Accounts: register, prove who you are, change your profile."""

from collections.abc import Callable
from typing import Protocol

from email_validator import EmailNotValidError, validate_email

from .errors import InvalidCredentials, NotFound, ValidationFailed
from .passwords import Passwords
from .stores import User

MAX_EMAIL = 254  # RFC 5321 section 4.5.3.1.3
MAX_NAME = 100


class Users(Protocol):
    """Users in SQL. Every method may raise Unavailable."""

    def create(self, email: str, name: str, password_hash: str, role: str, now: int) -> User:
        """Raises Conflict if the address is taken."""

    def by_email(self, email: str) -> tuple[User, str] | None:
        """The user and their password's hash."""

    def by_id(self, user_id: str) -> tuple[User, str] | None:
        """The user and their password's hash."""

    def update(self, user_id: str, email: str, name: str, now: int) -> User:
        """Raises Conflict if the address is taken."""


class Accounts:
    def __init__(self, users: Users, passwords: Passwords) -> None:
        self._users = users
        self._passwords = passwords

    def register(
        self, email: str, password: str, *, name: str = "", role: str = "user", now: float
    ) -> User:
        """Raises ValidationFailed with `fields`, Conflict if the address is taken."""
        fields: dict[str, list[str]] = {}
        address = _checked(fields, "email", normal_email, email)
        clean_name = _checked(fields, "name", normal_name, name)
        if complaint := self._passwords.complaint(password):
            fields["password"] = [complaint]
        if fields:
            raise ValidationFailed(fields)
        hashed = self._passwords.hash(password)
        return self._users.create(address, clean_name, hashed, role, int(now))

    def knows(self, email: str) -> bool:
        return self._users.by_email(normal_email(email)) is not None

    def authenticate(self, email: str, password: str) -> User:
        """Raises InvalidCredentials, the same for every cause and after the same work."""
        address = _checked({}, "email", normal_email, email)
        user, hashed = self._users.by_email(address) or (None, None)
        if not self._passwords.matches(password, hashed) or user is None or user.disabled:
            raise InvalidCredentials
        return user

    def profile(self, user_id: str) -> User:
        """Raises NotFound."""
        return self._found(user_id)[0]

    def update_profile(
        self, user_id: str, *, email: str, name: str, password: str, now: float
    ) -> User:
        """Change name and address; another address needs the current password.

        Whoever holds the address can have the password reset: a session alone, left
        open on a desk, must not be enough to move it (OWASP ASVS 5.0 7.5.1).
        Raises ValidationFailed, Conflict, NotFound.
        """
        user, hashed = self._found(user_id)
        fields: dict[str, list[str]] = {}
        address = _checked(fields, "email", normal_email, email)
        clean_name = _checked(fields, "name", normal_name, name)
        if address != user.email and not fields and not self._passwords.matches(password, hashed):
            complaint = "Enter your current password to change the address."
            fields["current_password"] = ["That is not your password." if password else complaint]
        if fields:
            raise ValidationFailed(fields)
        return self._users.update(user_id, address, clean_name, int(now))

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
    name = " ".join(text.split())
    if len(name) > MAX_NAME or not name.isprintable():
        raise ValueError(f"Use at most {MAX_NAME} plain characters.")
    return name


def _checked(
    fields: dict[str, list[str]], field: str, check: Callable[[str], str], text: str
) -> str:
    """The checked value; or an empty one, and the complaint noted under the field's name."""
    try:
        return check(text)
    except ValueError as error:
        fields[field] = [str(error)]
        return ""
