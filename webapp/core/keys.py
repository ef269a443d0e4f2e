"""Signing keys in a key ring, newest first. The first key signs, all verify.

The algorithm belongs to the key: base64url is an HMAC secret (HS256); `@file.pem` is EdDSA
(Ed25519), ES256 (P-256) or RS256, depending on the key in the file.
"""

import base64
import json
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import Algorithm, ECAlgorithm, get_default_algorithms

from .urls import Unreadable

# RFC 7518 section 3.2: an HS256 key is at least as long as the hash it feeds.
MIN_KEY_BYTES = 32
# NIST SP 800-57 part 1: at least 2048 until 2030, 3072 afterwards.
MIN_RSA_BITS = 2048
BASE64URL = re.compile(r"(?:[A-Za-z0-9_-]{4})*(?:[A-Za-z0-9_-]{2,3}={0,2})?")
# Allowed ids of keys and clients.
KID = re.compile(r"[A-Za-z0-9._-]{1,64}")
ALGORITHMS = ("HS256", "EdDSA", "ES256", "RS256")
# NIST SP 800-186 section 3.2.1.3.
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
P256_BYTES = 32


@dataclass(frozen=True)
class Key:
    """One key with its algorithm, so that no token's header can choose another."""

    kid: str
    algorithm: str
    method: Algorithm
    signs: Any
    verifies: Any
    path: Path | None = None
    """The file of the key."""

    def sign(self, message: bytes) -> bytes:
        return self.method.sign(message, self.signs)

    def verify(self, message: bytes, signature: bytes) -> bool:
        return bool(self.method.verify(message, self.verifies, signature))

    def public_jwk(self) -> dict[str, Any] | None:
        """The public key as a JWK (RFC 7517); None for an HMAC secret."""
        if self.algorithm == "HS256":
            return None
        jwk = json.loads(self.method.to_jwk(self.verifies))
        return {**jwk, "kid": self.kid, "alg": self.algorithm, "use": "sig", "key_ops": ["verify"]}


class LowSEcdsa(ECAlgorithm):
    """ES256 with low-s signatures only.

    If (r, s) is valid, (r, n-s) is valid as well, so every token would have a second text. Only
    the lower s is produced and accepted (SEC 1 version 2 section 4.1.4, BIP 146).
    """

    def sign(self, msg: bytes, key: Any) -> bytes:
        signature = super().sign(msg, key)
        r, s = signature[:P256_BYTES], int.from_bytes(signature[P256_BYTES:])
        return r + min(s, P256_ORDER - s).to_bytes(P256_BYTES)

    def verify(self, msg: bytes, key: Any, sig: str | bytes) -> bool:
        assert isinstance(sig, bytes)
        is_low = int.from_bytes(sig[P256_BYTES:]) <= P256_ORDER // 2
        return is_low and super().verify(msg, key, sig)


class KeyRing:
    """The keys of one kind of token.

    To rotate: put the new key first, and keep the old one until its last token has expired. So a
    rotation signs no user out.
    """

    def __init__(self, keys: list[Key]) -> None:
        if not keys:
            raise Unreadable("at least one key is needed")
        self._by_kid = {key.kid: key for key in keys}
        if len(self._by_kid) != len(keys):
            raise Unreadable("two keys share one name")
        self.signing = keys[0]
        if self.signing.signs is None:
            raise Unreadable("the first key is a public one, which can't sign")

    @classmethod
    def parse(cls, text: str) -> "KeyRing":
        """Parse `kid:key,kid:key`. Raises Unreadable.

        The message quotes no part of the text: name and key may have been swapped.
        """
        keys = []
        for number, part in enumerate(text.split(","), start=1):
            try:
                keys.append(parse_key(part.strip()))
            except Unreadable as error:
                raise Unreadable(f"key {number} {error}") from None
        return cls(keys)

    def shares_a_key_with(self, other: "KeyRing") -> bool:
        """Whether both rings hold the same HMAC secret."""
        secrets_here = [key.signs for key in self._by_kid.values() if isinstance(key.signs, bytes)]
        return any(key.signs in secrets_here for key in other._by_kid.values())

    def __iter__(self) -> Iterator[Key]:
        return iter(self._by_kid.values())

    def find(self, kid: object) -> Key | None:
        """The key with this id; None if there is none, or the id is no text."""
        return self._by_kid.get(kid) if isinstance(kid, str) else None

    def public_jwks(self) -> list[dict[str, Any]]:
        """The public keys as JWKs (RFC 7517), without the HMAC secrets."""
        jwks = (key.public_jwk() for key in self._by_kid.values())
        return [jwk for jwk in jwks if jwk]

    @property
    def algorithms(self) -> set[str]:
        return {key.algorithm for key in self._by_kid.values()}


def parse_key(text: str) -> Key:
    """Parse `kid:key`. Raises Unreadable; the message continues "key N"."""
    kid, colon, body = text.partition(":")
    if not colon or not KID.fullmatch(kid):
        raise Unreadable("is not written as name:key, its name in letters, digits and . _ -")
    return _pem_key(kid, Path(body[1:])) if body.startswith("@") else _hmac_key(kid, body)


def _hmac_key(kid: str, encoded: str) -> Key:
    if not BASE64URL.fullmatch(encoded):
        raise Unreadable("is not base64url")
    secret = base64.urlsafe_b64decode(encoded.rstrip("=") + "==")
    if len(secret) < MIN_KEY_BYTES:
        raise Unreadable(f"is shorter than {MIN_KEY_BYTES * 8} bits")
    return Key(kid, "HS256", get_default_algorithms()["HS256"], secret, secret)


def _pem_key(kid: str, path: Path) -> Key:
    try:
        private, public = _load(path.read_bytes())
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm):
        raise Unreadable("names no file that is a readable, unencrypted PEM file") from None
    algorithm = _algorithm_for(public)
    if algorithm is None:
        raise Unreadable(f"is none of Ed25519, EC P-256 and RSA of {MIN_RSA_BITS} bits")
    method = get_default_algorithms()[algorithm]
    if algorithm == "ES256":
        method = LowSEcdsa(LowSEcdsa.SHA256, ec.SECP256R1)
    return Key(kid, algorithm, method, private, public, path)


def _load(pem: bytes) -> tuple[Any, Any]:
    if b"PRIVATE KEY" in pem:
        private = serialization.load_pem_private_key(pem, password=None)
        return private, private.public_key()
    return None, serialization.load_pem_public_key(pem)


def _algorithm_for(public: Any) -> str | None:
    if isinstance(public, ed25519.Ed25519PublicKey):
        return "EdDSA"
    if isinstance(public, ec.EllipticCurvePublicKey) and isinstance(public.curve, ec.SECP256R1):
        return "ES256"
    if isinstance(public, rsa.RSAPublicKey) and public.key_size >= MIN_RSA_BITS:
        return "RS256"
    return None


def generate_secret() -> str:
    """A new random HMAC key in base64url, as after `kid:` in a key ring."""
    return secrets.token_urlsafe(MIN_KEY_BYTES)


def generate_pem(algorithm: str) -> bytes:
    """A new private key in PEM (PKCS #8). `algorithm` is EdDSA, ES256 or RS256."""
    if algorithm == "EdDSA":
        private: Any = ed25519.Ed25519PrivateKey.generate()
    elif algorithm == "ES256":
        private = ec.generate_private_key(ec.SECP256R1())
    else:
        private = rsa.generate_private_key(public_exponent=65537, key_size=3072)
    return bytes(
        private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
