"""Every byte of a password counts, in whatever alphabet, and wrong ones take as long."""

import pytest

from webapp.core.hashing_pool import HashingPool
from webapp.core.passwords import Passwords

PASSWORDS = Passwords(rounds=4, min_length=15, published=frozenset(), pool=HashingPool())


@pytest.mark.parametrize(
    "password",
    [
        "an engine of cogs and cards",
        "пароль из многих слов",
        "🌲🎿🦉🧶🪵🛷🍂🔭🧭🫖🪁🏔🎐🦊🌋",
        "a\0b stays a\0c forever",
    ],
)
def test_any_text_is_a_password(password: str) -> None:
    assert PASSWORDS.validate(password)
    hashed = PASSWORDS.hash(password)
    assert PASSWORDS.verify(password, hashed)
    assert not PASSWORDS.verify(password + " ", hashed)


def test_the_last_of_a_thousand_bytes_counts() -> None:
    long = "an engine of cogs and cards " * 40
    long = long[:1023]
    assert PASSWORDS.validate(long + "a")
    assert not PASSWORDS.verify(long + "b", PASSWORDS.hash(long + "a"))


def test_the_same_letters_from_another_keyboard_are_the_same_password() -> None:
    assert PASSWORDS.verify("cafe\u0301 au lait, please", PASSWORDS.hash("café au lait, please"))


@pytest.mark.parametrize("password", ["", "fourteen chars", "cogs and cards " * 70])
def test_what_is_too_short_or_too_long_is_refused(password: str) -> None:
    with pytest.raises(ValueError, match="Use at"):
        PASSWORDS.validate(password)


def test_no_password_matches_a_missing_account() -> None:
    assert not PASSWORDS.verify("a password of no account", None)
