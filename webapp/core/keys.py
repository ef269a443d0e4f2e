"""Signing keys: a ring of them, newest first. The first signs, all verify."""

import base64
import re
import secrets
from dataclasses import dataclass
from typing import Any

from jwt.algorithms import Algorithm, HMACAlgorithm

# RFC 7518 section 3.2: an HS256 key is at least as long as the hash it feeds.
MIN_KEY_BYTES = 32
BASE64URL = re.compile(r"(?:[A-Za-z0-9_-]{4})*(?:[A-Za-z0-9_-]{2,3}={0,2})?")
KID = re.compile(r"[A-Za-z0-9._-]{1,64}")


@dataclass(frozen=True)
class Key:
    """One key: its algorithm is part of it, so no token's header can choose another."""

    kid: str
    algorithm: str
    method: Algorithm
    secret: Any

    def sign(self, message: bytes) -> bytes:
        return self.method.sign(message, self.secret)

    def verify(self, message: bytes, signature: bytes) -> bool:
        return bool(self.method.verify(message, self.secret, signature))


class KeyRing:
    """The keys of one kind of token.

    A new key is put first; the old one stays in the list until its last token
    has expired, so that a rotation signs nobody out.
    """

    def __init__(self, keys: list[Key]) -> None:
        if not keys:
            raise ValueError("at least one key is needed")
        self._by_kid = {key.kid: key for key in keys}
        if len(self._by_kid) != len(keys):
            raise ValueError("two keys share one name")
        self.signing = keys[0]

    @classmethod
    def parse(cls, text: str) -> "KeyRing":
        """`kid:key,kid:key`, each key base64url. Raises ValueError.

        It never quotes what it was given: name and key may have been swapped.
        """
        keys = []
        for number, part in enumerate(text.split(","), start=1):
            try:
                keys.append(parse_key(part.strip()))
            except ValueError as error:
                raise ValueError(f"key {number} {error}") from None
        return cls(keys)

    def shares_a_key_with(self, other: "KeyRing") -> bool:
        secrets_here = [key.secret for key in self._by_kid.values()]
        return any(key.secret in secrets_here for key in other._by_kid.values())

    def find(self, kid: object) -> Key | None:
        return self._by_kid.get(kid) if isinstance(kid, str) else None


def parse_key(text: str) -> Key:
    kid, colon, encoded = text.partition(":")
    if not colon or not KID.fullmatch(kid):
        raise ValueError("is not written as name:key, its name in letters, digits and . _ -")
    if not BASE64URL.fullmatch(encoded):
        raise ValueError("is not base64url")
    secret = base64.urlsafe_b64decode(encoded.rstrip("=") + "==")
    if len(secret) < MIN_KEY_BYTES:
        raise ValueError(f"is shorter than {MIN_KEY_BYTES * 8} bits")
    return Key(kid, "HS256", HMACAlgorithm(HMACAlgorithm.SHA256), secret)


def generate_key(kid: str) -> str:
    """A new random HMAC key in the form that `KeyRing.parse` reads."""
    return f"{kid}:{secrets.token_urlsafe(MIN_KEY_BYTES)}"
