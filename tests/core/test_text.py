"""One form for each way in which the same address can be written."""

import unicodedata

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from webapp.core.text import lower_form, search_form
from webapp.core.validation import normalize_email

CARON, ACUTE = "\u030c", "\u0301"
# As a wide keyboard writes ASCII.
WIDE = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}
# Marks that join letters, letters whose capital has another small letter, and wide ones.
HARD = "Jj\u030c\u0301\u0345ßİΣς\u0131\u017f\ufb01\uff21\uff4c"
LETTERS = st.text(
    st.characters(categories=["L", "M", "N"]) | st.sampled_from(HARD),
    min_size=1,
    max_size=20,
)


@given(LETTERS)
@example("J" + CARON)
@example("İ")
@example("ΐ")
def test_a_form_stays_as_it_is(text: str) -> None:
    assert lower_form(lower_form(text)) == lower_form(text)
    assert search_form(search_form(text)) == search_form(text)


@given(LETTERS)
@example("J" + CARON)
@example("ANA" + ACUTE)
def test_however_it_is_composed_it_is_one_form(text: str) -> None:
    for spelling in ("NFC", "NFD", "NFKC", "NFKD"):
        written = unicodedata.normalize(spelling, text)  # type: ignore[arg-type]
        assert search_form(written) == search_form(text)


def email_or_none(text: str) -> str | None:
    try:
        return normalize_email(text)
    except ValueError:
        return None


@given(LETTERS, LETTERS)
@example("J" + CARON, "example")
@example("ada", "J" + CARON)
def test_a_stored_address_is_its_own_form(name: str, domain: str) -> None:
    stored = email_or_none(f"{name}@{domain}.example")
    assume(stored)
    assert normalize_email(stored or "") == stored


@given(LETTERS, LETTERS)
@example("j" + CARON, "example")
def test_an_address_in_capitals_is_the_same_where_they_have_one_small_letter(
    name: str, domain: str
) -> None:
    address = f"{name}@{domain}.example"
    stored = email_or_none(address)
    assume(stored)
    # Not of ß (SS), a dotless i (I), or a final sigma: those are other addresses.
    assume(lower_form(address.upper()) == lower_form(address))
    assert email_or_none(address.upper()) == stored


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("J\u030cana@example.com", "ǰana@example.com"),
        ("j\u030cana@example.com", "ǰana@example.com"),
        ("ǰana@example.com", "ǰana@example.com"),
        ("JOSE\u0301@example.com", "josé@example.com"),
        ("ADA@example.com".translate(WIDE), "ada@example.com"),
        ("ada@EXA\u0308MPLE.com", "ada@exämple.com"),
        ("STRASSE@example.com", "strasse@example.com"),
        ("straße@example.com", "straße@example.com"),
    ],
)
def test_ways_to_write_an_address(written: str, stored: str) -> None:
    assert normalize_email(written) == stored
