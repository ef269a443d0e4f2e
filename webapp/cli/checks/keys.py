"""Secrets and signing keys: strong, apart from each other, and able to sign. None is shown."""

import base64
from collections.abc import Iterator

from cryptography.hazmat.primitives.asymmetric import rsa

from webapp.config import Settings
from webapp.core.keys import Key, KeyRing

from .finding import Finding, ok, problem, warning

# Distinct characters of a secret, or bytes of a key. Random ones have at least twice as many.
FEWEST_CHARACTERS, FEWEST_BYTES = 8, 16
# NIST SP 800-57: what is to last beyond 2030.
LASTING_RSA_BITS = 3072
NEW_KEY = "flask keys generate makes one"


def check_keys(settings: Settings) -> Iterator[Finding]:
    access, refresh = settings.access_token_keys, settings.refresh_token_keys
    yield from check_secret(settings)
    yield from check_ring("keys.access", access)
    yield from check_ring("keys.refresh", refresh)
    if access and refresh and access.shares_a_key_with(refresh):
        found = "access and refresh tokens share a key: who holds one can make the other"
        yield problem("keys.apart", found, NEW_KEY)


def check_secret(settings: Settings) -> Iterator[Finding]:
    check, secret = "settings.secret_key", settings.secret_key
    advice = "python3 -c 'import secrets; print(secrets.token_urlsafe(32))' makes one"
    if not secret:
        return
    if len(set(secret)) < FEWEST_CHARACTERS:
        yield problem(check, "few distinct characters: typed, not random", advice)
    elif any(is_key(secret, key) for ring in rings(settings) for key in ring):
        yield problem(check, "one of the signing keys: a leak of one is a leak of both", advice)
    else:
        yield ok(check, f"{len(secret)} characters")


def rings(settings: Settings) -> Iterator[KeyRing]:
    for ring in (settings.access_token_keys, settings.refresh_token_keys):
        if ring:
            yield ring


def is_key(secret: str, key: Key) -> bool:
    if not isinstance(key.signs, bytes):
        return False
    written = base64.urlsafe_b64encode(key.signs).decode().rstrip("=")
    return secret.rstrip("=") == written or secret.encode() == key.signs


def check_ring(check: str, ring: KeyRing | None) -> Iterator[Finding]:
    if not ring:
        return
    weaknesses = [finding for key in ring for finding in check_key(check, key)]
    roles = [
        f"{k.kid} ({k.algorithm}) {'signs' if k is ring.signing else 'verifies'}" for k in ring
    ]
    yield from weaknesses or [ok(check, ", ".join(roles))]


def check_key(check: str, key: Key) -> Iterator[Finding]:
    if isinstance(key.signs, bytes) and len(set(key.signs)) < FEWEST_BYTES:
        yield problem(check, f"{key.kid} has few distinct bytes: typed, not random", NEW_KEY)
    if isinstance(key.verifies, rsa.RSAPublicKey) and key.verifies.key_size < LASTING_RSA_BITS:
        found = f"{key.kid} is RSA of {key.verifies.key_size} bits: too short for after 2030"
        yield warning(check, found, NEW_KEY)
    if key.signs is not None and not key.verify(b"doctor", key.sign(b"doctor")):
        yield problem(check, f"{key.kid} does not verify what it signs", NEW_KEY)
    if key.path and key.signs is not None and key.path.stat().st_mode & 0o007:
        found = f"every user of this machine can read the file of {key.kid}"
        yield problem(check, found, f"chmod 600 {key.path}, or a new key if others could be there")
