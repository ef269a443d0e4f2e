"""Ten forgeries of a token, each from a known breach (RFC 8725, OWASP JWT cheat sheet).

The thief starts with a copy of both tokens of a user, as a model for the forgery.
"""

import base64
import hmac
import json
from dataclasses import dataclass
from typing import Any

from webapp.core.keys import generate_secret
from webapp.core.text import N_

Json = dict[str, Any]

NAMES: dict[str, str] = {
    "no-algorithm": N_("The header declares an unsigned token: alg none"),
    "other-claims": N_("Role and lifetime are changed, the signature is not"),
    "no-signature": N_("The signature is cut off"),
    "guessed-secret": N_("Signed with the secret “secret”"),
    "own-key": N_("The header contains the key of the signature: jwk"),
    "key-address": N_("The header contains a URL of the key: jku"),
    "kid-of-a-file": N_(
        "The header names an empty file as the key, and the signature uses an empty key"
    ),
    "next-generation": N_("A refresh token whose generation is one higher"),
    "access-as-refresh": N_("A copied access token, in the refresh token's cookie"),
    "refresh-as-access": N_("A copied refresh token, in the access token's place"),
}


@dataclass(frozen=True)
class Forged:
    """Tokens for the thief to send; an empty one is not sent."""

    access: str = ""
    refresh: str = ""


def forge(name: str, access: str, refresh: str) -> Forged:
    """The forgery `name` of NAMES. Raises KeyError if there is none."""
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
    forged = claims | {"role": "admin", "exp": claims["exp"] + 3600}
    own = generate_secret()
    forgeries = {
        "no-algorithm": lambda: f"{_write(header | {'alg': 'none'})}.{_write(forged)}.",
        "other-claims": lambda: f"{head}.{_write(forged)}.{signature}",
        "no-signature": lambda: f"{head}.{_write(forged)}.",
        "guessed-secret": lambda: _signed(header, forged, b"secret"),
        "own-key": lambda: _signed(
            header | {"jwk": {"kty": "oct", "k": own}}, forged, _secret_bytes(own)
        ),
        "key-address": lambda: _signed(
            header | {"jku": "https://thief.example/keys"}, forged, _secret_bytes(own)
        ),
        "kid-of-a-file": lambda: _signed(header | {"kid": "../../dev/null"}, forged, b""),
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
