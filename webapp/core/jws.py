"""The envelope of a token: compact JWS (RFC 7515), signed and opened strictly.

The algorithm comes from the key, never from the token (RFC 8725 section 3.1).
Exactly the three header fields that we write are accepted, which turns away
`crit`, `jwk`, `jku`, `x5u`, `zip`, `b64` and whatever comes next; and exactly
one spelling of each token is, so that a text stands for one signature only.
"""

import base64
import json
import re
from typing import Any

from .errors import KeyUnknown, TokenInvalid
from .keys import Key, KeyRing

# The longest token we issue is well under 1 kB; nobody makes us hash a megabyte.
MAX_LENGTH = 4096
SHAPE = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
HEADER_FIELDS = {"alg", "typ", "kid"}

Json = dict[str, Any]


def sign(claims: Json, typ: str, key: Key) -> str:
    """Same claims and same key give the same bytes (a repeat relies on it)."""
    header = {"alg": key.algorithm, "typ": typ, "kid": key.kid}
    message = f"{_encode_json(header)}.{_encode_json(claims)}"
    return f"{message}.{_encode(key.sign(message.encode()))}"


def verify(token: str, typ: str, ring: KeyRing) -> Json:
    """The claims of an authentic token of this type. Raises TokenInvalid."""
    if len(token) > MAX_LENGTH or not SHAPE.fullmatch(token):
        raise TokenInvalid
    message, _, signature = token.rpartition(".")
    header, _, payload = message.partition(".")
    key = _key_for(_decode_json(header), typ, ring)
    if not key.verify(message.encode(), _decode(signature)):
        raise TokenInvalid
    return _decode_json(payload)


def kid_of(token: str) -> str:
    """The key that a token names. Only of a token that has been opened."""
    return str(_decode_json(token.partition(".")[0])["kid"])


def _key_for(header: Json, typ: str, ring: KeyRing) -> Key:
    key = ring.find(header.get("kid"))
    if header.keys() != HEADER_FIELDS or header["typ"] != typ:
        raise TokenInvalid
    if key is None:
        raise KeyUnknown
    if header["alg"] != key.algorithm:
        raise TokenInvalid
    return key


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _encode_json(value: Json) -> str:
    return _encode(_encoder.encode(value).encode())


def _decode(text: str) -> bytes:
    try:
        data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        raise TokenInvalid from None
    if _encode(data) != text:  # stray bits in the last letter: a second spelling
        raise TokenInvalid
    return data


def _decode_json(text: str) -> Json:
    try:
        value = _decoder.decode(_decode(text).decode("utf-8"))
    except (ValueError, RecursionError):
        raise TokenInvalid from None
    if not isinstance(value, dict):
        raise TokenInvalid
    return value


def _without_duplicates(pairs: list[tuple[str, Any]]) -> Json:
    """Two readers of a duplicate claim may each believe another one (RFC 8725 section 2.4)."""
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("duplicate name")
    return value


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


_encoder = json.JSONEncoder(separators=(",", ":"))
_decoder = json.JSONDecoder(object_pairs_hook=_without_duplicates, parse_constant=_refuse_constant)
