"""Which tokens are accepted."""

import dataclasses
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from pathlib import Path

import pytest

from webapp.core import jws
from webapp.core.claims import AccessClaims, RefreshClaims
from webapp.core.errors import ClockSkew, TokenExpired, TokenInvalid
from webapp.core.keys import KeyRing, generate_pem, generate_secret
from webapp.core.tokens import ACCESS_TYPE, TokenCodec

NOW = 1_800_000_000
ACCESS = AccessClaims(
    sub="u1",
    sid="s1",
    gen=3,
    client_id="browser",
    role="user",
    email="ada@example.com",
    jti="j1",
    iat=NOW,
    exp=NOW + 300,
)
REFRESH = RefreshClaims(sub="u1", sid="s1", gen=3, client_id="browser", iat=NOW, exp=NOW + 3600)


def tokens(**changes: object) -> TokenCodec:
    values = {
        "access_keys": KeyRing.parse(f"a1:{generate_secret()}"),
        "refresh_keys": KeyRing.parse(f"r1:{generate_secret()}"),
        "issuer": "evergreen",
        "audience": "evergreen-api",
        "leeway": 30,
    }
    return TokenCodec(**values | changes)


def test_what_was_signed_is_read_back() -> None:
    ours = tokens()
    assert ours.verify_access(ours.sign_access(ACCESS), NOW) == ACCESS
    assert ours.verify_refresh(ours.sign_refresh(REFRESH), NOW) == REFRESH


def test_the_same_state_gives_the_same_refresh_token() -> None:
    ours = tokens()
    assert ours.sign_refresh(REFRESH) == ours.sign_refresh(dataclasses.replace(REFRESH))


def test_neither_kind_passes_for_the_other_even_under_one_key() -> None:
    ring = KeyRing.parse(f"k1:{generate_secret()}")
    ours = tokens(access_keys=ring, refresh_keys=ring, audience="evergreen")
    with pytest.raises(TokenInvalid):
        ours.verify_refresh(ours.sign_access(ACCESS), NOW)
    with pytest.raises(TokenInvalid):
        ours.verify_access(ours.sign_refresh(REFRESH), NOW)


def test_expiry_is_exact_and_only_another_hosts_clock_gets_leeway() -> None:
    ours = tokens()
    token = ours.sign_access(ACCESS)
    ours.verify_access(token, NOW - 30)
    ours.verify_access(token, NOW + 299)
    with pytest.raises(ClockSkew):
        ours.verify_access(token, NOW - 31)
    with pytest.raises(TokenExpired):
        ours.verify_access(token, NOW + 300)


def test_a_new_key_signs_and_the_old_one_still_verifies() -> None:
    old, new = f"2025:{generate_secret()}", f"2026:{generate_secret()}"
    before = tokens(access_keys=KeyRing.parse(old))
    after = tokens(access_keys=KeyRing.parse(f"{new},{old}"))
    assert after.verify_access(before.sign_access(ACCESS), NOW) == ACCESS
    with pytest.raises(TokenInvalid):
        before.verify_access(after.sign_access(ACCESS), NOW)


def test_a_withdrawn_key_verifies_nothing() -> None:
    old, new = f"2025:{generate_secret()}", f"2026:{generate_secret()}"
    before = tokens(access_keys=KeyRing.parse(old))
    with pytest.raises(TokenInvalid):
        tokens(access_keys=KeyRing.parse(new)).verify_access(before.sign_access(ACCESS), NOW)


@pytest.mark.parametrize("name", [*ACCESS.__slots__, "iss", "aud"])
@pytest.mark.parametrize("value", [None, "", [], {}, True, -1, 1.5, "absent"])
def test_every_claim_has_to_be_there_and_of_its_type(name: str, value: object) -> None:
    ours = tokens()
    scoped = dataclasses.replace(ACCESS, scope="profile")
    claims = {n: getattr(scoped, n) for n in ACCESS.__slots__}
    claims |= {"iss": "evergreen", "aud": "evergreen-api", name: value}
    if value == "absent":
        del claims[name]
    token = jws.sign(claims, ACCESS_TYPE, ours.access_keys.signing)
    if (name, value) == ("scope", "absent"):
        assert ours.verify_access(token, NOW).scope == ""
        return
    with pytest.raises(TokenInvalid):
        ours.verify_access(token, NOW)


@pytest.mark.parametrize(
    "text",
    ["", "k1", "k1:", "k1:short", "../k1:" + "A" * 43, "k1:" + "A" * 42, "k1:" + "!" * 43],
)
def test_a_key_that_is_short_or_malformed_is_refused_without_quoting_it(text: str) -> None:
    with pytest.raises(ValueError, match="key") as refusal:
        KeyRing.parse(text)
    assert "AAAA" not in str(refusal.value)


def test_a_key_and_its_name_that_were_swapped_are_not_quoted_either() -> None:
    name, _, secret = f"k1:{generate_secret()}".partition(":")
    with pytest.raises(ValueError, match="key 1") as refusal:
        KeyRing.parse(f"{secret}:{name}")
    assert secret not in str(refusal.value)


P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
ED25519_ORDER = 2**252 + 27742317777372353535851937790883648493


def twin_es256(signature: bytes) -> bytes:
    """(r, n-s): it verifies wherever (r, s) does."""
    s = P256_ORDER - int.from_bytes(signature[32:])
    return signature[:32] + s.to_bytes(32)


def twin_eddsa(signature: bytes) -> bytes:
    """S + L, little-endian: good where S is not compared with L."""
    s = int.from_bytes(signature[32:], "little") + ED25519_ORDER
    return signature[:32] + s.to_bytes(32, "little")


def zero_in_front(signature: bytes) -> bytes:
    return b"\0" + signature


TWINS = [
    ("ES256", twin_es256),
    ("ES256", zero_in_front),
    ("EdDSA", twin_eddsa),
    ("EdDSA", zero_in_front),
    ("RS256", zero_in_front),
]


@pytest.mark.parametrize(("algorithm", "twin"), TWINS)
def test_a_token_has_one_signature_and_no_second_can_be_computed(
    tmp_path: Path, algorithm: str, twin: Callable[[bytes], bytes]
) -> None:
    (tmp_path / "k1.pem").write_bytes(generate_pem(algorithm))
    ours = tokens(access_keys=KeyRing.parse(f"k1:@{tmp_path}/k1.pem"))
    for number in range(8):  # of ES256's half would come out high by themselves
        token = ours.sign_access(dataclasses.replace(ACCESS, jti=f"j{number}"))
        assert ours.verify_access(token, NOW).jti == f"j{number}"
        message, _, signature = token.rpartition(".")
        other = twin(urlsafe_b64decode(f"{signature}=="))
        forged = f"{message}.{urlsafe_b64encode(other).rstrip(b'=').decode()}"
        with pytest.raises(TokenInvalid):
            ours.verify_access(forged, NOW)


@pytest.mark.parametrize("respell", [str.upper, str.title, lambda kid: f"{kid} ", lambda _: ""])
def test_a_kid_is_found_as_it_is_written_alone(respell: Callable[[str], str]) -> None:
    ring = KeyRing.parse(f"a1:{generate_secret()}")
    assert ring.find("a1")
    assert ring.find(respell("a1")) is None


def test_a_token_has_one_spelling() -> None:
    ours = tokens()
    token = ours.sign_access(ACCESS)
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    # 32 bytes end in two spare bits: three more letters mean the same bytes.
    last = letters.index(token[-1])
    spellings = [token[:-1] + letters[last ^ spare] for spare in (1, 2, 3)]
    for other in (*spellings, f"{token}=", f"{token}\n", token.replace(".", ".=", 1)):
        with pytest.raises(TokenInvalid):
            ours.verify_access(other, NOW)
