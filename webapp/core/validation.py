"""Validation of e-mail, name and role, and their stored forms."""

import re
from collections.abc import Callable

from email_validator import EmailNotValidError, validate_email

from .policy import Role
from .text import N_, Message, lower_form, visible

MAX_EMAIL = 254  # RFC 5321 section 4.5.3.1.3
MAX_NAME = 100
# No control characters. Names have no other rule.
NAME = r"^[^\x00-\x1f\x7f-\x9f]*$"


def normalize_email(text: str) -> str:
    """The stored form of an e-mail: case and width of letters do not matter.

    Raises ValueError with advice.
    """
    if len(text) > MAX_EMAIL:  # first of all: normalizing takes quadratic time
        raise ValueError(N_("That e-mail address is too long."))
    text = lower_form(text).strip()
    try:
        if text != visible(text):
            raise EmailNotValidError
        checked = validate_email(text, check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        raise ValueError(N_("Enter an e-mail address like name@example.com.")) from None
    return lower_form(checked.normalized)


def normalize_name(text: str, longest: int = MAX_NAME) -> str:
    """The name without invisible characters and doubled spaces. Raises ValueError with advice."""
    if len(text) > longest:
        raise ValueError(Message("Use at most {count} characters.", count=longest))
    if not re.fullmatch(NAME, text) or any("\ud800" <= letter <= "\udfff" for letter in text):
        raise ValueError(N_("There is a character in it that can't be shown."))
    return " ".join(visible(text).split())


def validate_role(text: str) -> str:
    """The role, unchanged. Raises ValueError with advice."""
    if text not in list(Role):
        raise ValueError(Message("Use one of: {roles}.", roles=", ".join(Role)))
    return text


def validate_field(
    fields: dict[str, list[str]], field: str, check: Callable[[str], str], text: str | None
) -> str | None:
    """The valid value; or None, with the error added to `fields`."""
    try:
        return None if text is None else check(text)
    except ValueError as error:
        fields[field] = [error.args[0]]  # not str(): a `text.Message` would lose its template
        return None
