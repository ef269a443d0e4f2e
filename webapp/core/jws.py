"""Compact JWS (RFC 7515): signing and strict verification.

The algorithm comes from the key, never from the token (RFC 8725 section 3.1). Only the three
header fields that `sign` writes are accepted, which excludes `crit`, `jwk`, `jku`, `x5u`, `zip`,
`b64` and later ones. Only one base64url spelling of each token is accepted, so that a signature
has one text.
"""

import base64
import json
import re
from typing import Any

from .errors import KeyUnknown, TokenInvalid
from .keys import Key, KeyRing

# Characters. Our longest token has less than 1 kB; a limit avoids hashing megabytes.
MAX_LENGTH = 4096
SHAPE = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
HEADER_FIELDS = {"alg", "typ", "kid"}

Json = dict[str, Any]


def sign(claims: Json, typ: str, key: Key) -> str:
    """The signed token. The JSON is deterministic: a repeated refresh token is equal."""
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
    """The id of the key that signed a token. Call it only with a verified token."""
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
    if _encode(data) != text:  # stray bits in the last character: a second spelling
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
    """Refuse duplicate names: parsers differ in which one they use (RFC 8725 section 2.4)."""
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("duplicate name")
    return value


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


_encoder = json.JSONEncoder(separators=(",", ":"))
_decoder = json.JSONDecoder(object_pairs_hook=_without_duplicates, parse_constant=_refuse_constant)
