"""An authenticator in software: makes what a browser sends for a passkey (WebAuthn Level 3)."""

import hashlib
import json
import secrets
import struct
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url

from .browser import Browser

PRESENT, VERIFIED, ELIGIBLE, BACKED_UP, ATTESTED = 0x01, 0x04, 0x08, 0x10, 0x40
SYNCED = ELIGIBLE | BACKED_UP
Json = dict[str, Any]


class SoftPasskey:
    """One credential. `flags`: what it says about itself beside user presence."""

    def __init__(self, origin: str, *, flags: int = VERIFIED | SYNCED, counter: int = 0) -> None:
        self.origin, self.flags, self.counter = origin, flags, counter
        self.id = secrets.token_bytes(32)
        self.handle = ""
        self._key = ec.generate_private_key(ec.SECP256R1())
        point = self._key.public_key().public_numbers()
        x, y = point.x.to_bytes(32, "big"), point.y.to_bytes(32, "big")
        self.cose_key: dict[int, Any] = {1: 2, 3: -7, -1: 1, -2: x, -3: y}

    def create(self, options: Json) -> Json:
        """RegistrationResponseJSON."""
        self.handle = options["user"]["id"]
        key = cbor2.dumps(self.cose_key)
        credential = bytes(16) + struct.pack(">H", len(self.id)) + self.id + key
        data = self._authenticator_data(options["rp"]["id"], ATTESTED) + credential
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        response = {
            "clientDataJSON": self._client_data("webauthn.create", options["challenge"]),
            "attestationObject": bytes_to_base64url(attestation),
            "transports": ["internal"],
        }
        return self._credential(response)

    def get(self, options: Json) -> Json:
        """AuthenticationResponseJSON."""
        client_data = self._client_data("webauthn.get", options["challenge"])
        data = self._authenticator_data(options["rpId"])
        signed = data + hashlib.sha256(base64url_to_bytes(client_data)).digest()
        response = {
            "clientDataJSON": client_data,
            "authenticatorData": bytes_to_base64url(data),
            "signature": bytes_to_base64url(self._key.sign(signed, ec.ECDSA(SHA256()))),
            "userHandle": self.handle,
        }
        return self._credential(response)

    def _authenticator_data(self, rp_id: str, more: int = 0) -> bytes:
        flags = PRESENT | self.flags | more
        return hashlib.sha256(rp_id.encode()).digest() + struct.pack(">BI", flags, self.counter)

    def _client_data(self, kind: str, challenge: str) -> str:
        facts = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}
        return bytes_to_base64url(json.dumps(facts).encode())

    def _credential(self, response: Json) -> Json:
        name = bytes_to_base64url(self.id)
        attachment = {"authenticatorAttachment": "platform", "clientExtensionResults": {}}
        return {"id": name, "rawId": name, "type": "public-key", "response": response, **attachment}


def add_passkey(browser: Browser, passkey: SoftPasskey) -> Any:
    """Add it to the account of a browser that has just signed in."""
    options = browser.get("/account/passkeys/options").json
    body = {"credential": passkey.create(options), "handle": options["user"]["id"]}
    return browser.post_json("/account/passkeys", body, form_on="/account/passkeys")


def sign_in_with(browser: Browser, passkey: SoftPasskey, **more: Any) -> Any:
    options = browser.get("/login/passkey/options").json
    return browser.post_json("/login/passkey", {"credential": passkey.get(options), **more})
