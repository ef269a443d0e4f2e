"""What is easy to guess is refused, in words; what is hard to guess passes without rules."""

import pytest

from webapp.core.hashing_pool import HashingPool
from webapp.core.passwords import Passwords

PASSWORDS = Passwords(
    4, min_length=15, published=frozenset({"printed in our code"}), pool=HashingPool()
)
ADA, NAME = "ada.lovelace@example.com", "Augusta Ada King"
GOOD = "an engine of cogs and cards"


@pytest.mark.parametrize(
    "password",
    [
        ADA,
        "ada.lovelace2026",
        "augusta ada king",
        "Augusta Ada King!",
        "evergreenevergreen",
        "Evergreen!!!!!!!!",
        "aaaaaaaaaaaaaaaaaa",
        "abcabcabcabcabcabc",
        "qwertyuiopasdfghjkl",
        "1234567890123456",
        "passwordpassword1",
        "a" * 200,
    ],
)
def test_what_a_guesser_would_try_first_is_refused_and_says_how_to_do_better(
    password: str,
) -> None:
    found = PASSWORDS.strength(password, ADA, NAME)
    assert not found.good
    assert found.score < 3
    with pytest.raises(ValueError, match=r"Four unrelated words do well|little more than"):
        PASSWORDS.validate(password, ADA, NAME)


@pytest.mark.parametrize(
    "password",
    [
        GOOD,
        "пароль из многих слов",
        "wool-jumper-otter-brass",
        GOOD * 35,
        "a" * 200 + GOOD,
        GOOD + "a" * 200,
    ],
    ids=["words", "cyrillic", "dashes", "long", "weak start", "weak end"],
)
def test_what_is_hard_to_guess_is_good_wherever_in_it_that_lies(password: str) -> None:
    found = PASSWORDS.strength(password, ADA, NAME)
    assert found.good
    assert 3 <= found.score <= 4
    assert "ard to guess." in found.words


def test_a_users_own_words_are_weak_for_that_user_only() -> None:
    password = "zanzibar.quux@example.com"
    assert PASSWORDS.strength(password).good
    assert not PASSWORDS.strength(password, password).good


@pytest.mark.parametrize(
    ("password", "words"),
    [
        ("", "Use at least 15 characters"),
        ("w0ol-Jum.per7!", "Use at least 15 characters"),
        (GOOD * 40, "Use at most 1024 characters"),
        ("printed in our code", "printed in our code, for all to read"),
    ],
)
def test_what_can_be_no_password_at_all_says_why(password: str, words: str) -> None:
    found = PASSWORDS.strength(password)
    assert (found.score, found.good) == (0, False)
    assert words in found.words
