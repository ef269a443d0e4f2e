"""Mailed links: whose they are, for what, and for how long."""

import base64
import json
from dataclasses import replace

import pytest

from webapp.core.email_tokens import CONFIRM_TTL, RESET_TTL, TTL, UNDO_TTL, EmailTokens, Purpose
from webapp.core.errors import InvalidLink
from webapp.core.models import User

LINKS = EmailTokens("a secret of at least 32 characters")
ADA = User("6909a198", "ada@example.com", "Ada", "user", created_at=0)
HASH, NOW = "$2b$04$one", 1_800_000_000.0

RESET, CONFIRM, CHANGE = Purpose.RESET, Purpose.CONFIRM, Purpose.CHANGE_EMAIL
# Those that carry what they are going to change; to undo names a row.
CARRYING = [RESET, CONFIRM, CHANGE]


def read(purpose: Purpose, token: str, user: User = ADA, hashed: str = HASH) -> str:
    whose = LINKS.read_user_id(purpose, token, NOW)
    LINKS.verify_unused(purpose, token, user, hashed)
    return whose


@pytest.mark.parametrize("purpose", CARRYING)
def test_a_link_knows_its_user_until_its_time_is_over(purpose: Purpose) -> None:
    token = LINKS.make(purpose, ADA, HASH, NOW)
    assert read(purpose, token) == ADA.id
    assert LINKS.read_user_id(purpose, token, NOW + TTL[purpose] - 1) == ADA.id
    with pytest.raises(InvalidLink):
        LINKS.read_user_id(purpose, token, NOW + TTL[purpose])


def test_no_link_is_good_for_longer_than_an_hour() -> None:
    assert RESET_TTL <= CONFIRM_TTL <= 3600


@pytest.mark.parametrize(("purpose", "other"), [(RESET, CONFIRM), (CONFIRM, RESET)])
def test_a_link_is_for_one_purpose(purpose: Purpose, other: Purpose) -> None:
    with pytest.raises(InvalidLink):
        LINKS.read_user_id(other, LINKS.make(purpose, ADA, HASH, NOW), NOW)


def test_a_link_to_undo_knows_user_and_change_for_seven_days() -> None:
    token = LINKS.make_undo(ADA.id, 7, NOW)
    assert LINKS.change_to_undo(token, NOW + UNDO_TTL - 1) == (ADA.id, 7)
    with pytest.raises(InvalidLink):
        LINKS.change_to_undo(token, NOW + UNDO_TTL)


def forged() -> list[str]:
    """Another user's id, or more time, with the same signature; and other text."""
    payload, dot, signature = LINKS.make(RESET, ADA, HASH, NOW).rpartition(".")
    facts = json.loads(base64.urlsafe_b64decode(payload + "=="))
    lies = [["somebody", *facts[1:]], [facts[0], facts[1] + 1, facts[2]]]
    made = [base64.urlsafe_b64encode(json.dumps(lie).encode()).decode().rstrip("=") for lie in lies]
    others = EmailTokens("another secret of 32 characters...").make(RESET, ADA, HASH, NOW)
    return [*(lie + dot + signature for lie in made), others, payload + dot, payload, "", ".", "é"]


@pytest.mark.parametrize("number", range(8))
def test_a_forged_link_belongs_to_no_user(number: int) -> None:
    with pytest.raises(InvalidLink):
        LINKS.read_user_id(RESET, forged()[number], NOW)


@pytest.mark.parametrize(
    ("purpose", "user", "hashed"),
    [
        (RESET, ADA, "$2b$04$two"),
        (RESET, replace(ADA, email="ada@elsewhere.example"), HASH),
        (CONFIRM, replace(ADA, email="ada@elsewhere.example"), HASH),
        (CONFIRM, replace(ADA, email_verified_at=int(NOW)), HASH),
        (CHANGE, replace(ADA, email="ada@elsewhere.example"), HASH),
        (CHANGE, replace(ADA, pending_email="ada@elsewhere.example"), HASH),
    ],
)
def test_a_link_is_void_once_what_it_was_to_change_has_changed(
    purpose: Purpose, user: User, hashed: str
) -> None:
    token = LINKS.make(purpose, ADA, HASH, NOW)
    with pytest.raises(InvalidLink):
        read(purpose, token, user, hashed)


def test_a_new_password_leaves_a_confirmation_good() -> None:
    token = LINKS.make(CONFIRM, ADA, HASH, NOW)
    assert read(CONFIRM, token, ADA, "$2b$04$two") == ADA.id


@pytest.mark.parametrize("purpose", CARRYING)
def test_a_link_can_be_put_into_an_address_and_shows_neither_e_mail_nor_hash(
    purpose: Purpose,
) -> None:
    token = LINKS.make(purpose, replace(ADA, awaiting_verification=True), HASH, NOW)
    assert token.replace(".", "").replace("-", "").replace("_", "").isalnum()
    payload = token.partition(".")[0]
    shown = base64.urlsafe_b64decode(payload + "==").decode()
    assert ADA.email not in shown
    assert HASH not in shown
