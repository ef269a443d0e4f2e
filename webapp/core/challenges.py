"""Challenges for passkeys: signed, so that handing one out stores nothing, and used once.

A challenge is bound to its purpose, and for a signed-in user to the session.
"""

import hmac
import secrets
import struct
from dataclasses import dataclass
from typing import Protocol

# Seconds. Less: slow users have to try again. More: a challenge seen elsewhere is valid for longer.
CHALLENGE_TTL = 5 * 60
NONCE = 16
TAG = 16


class UsedChallenges(Protocol):
    def use(self, challenge: bytes, ttl: int) -> bool:
        """Record that a challenge is used; False if it was before. Raises Unavailable."""


@dataclass(frozen=True)
class Challenges:
    key: bytes
    used: UsedChallenges

    def make(self, purpose: str, now: float) -> bytes:
        """40 bytes: time, nonce, MAC."""
        head = struct.pack(">Q", int(now)) + secrets.token_bytes(NONCE)
        return head + self._mac(head, purpose)

    def is_valid(self, challenge: bytes, purpose: str, now: float) -> bool:
        """Whether it was made for this purpose less than CHALLENGE_TTL ago."""
        head, mac = challenge[:-TAG], challenge[-TAG:]
        if len(head) != 8 + NONCE or not hmac.compare_digest(mac, self._mac(head, purpose)):
            return False
        age = now - struct.unpack(">Q", head[:8])[0]
        return bool(age < CHALLENGE_TTL)

    def use(self, challenge: bytes) -> bool:
        """Whether this is the first use. Raises Unavailable."""
        return self.used.use(challenge, CHALLENGE_TTL + 60)

    def _mac(self, head: bytes, purpose: str) -> bytes:
        bound_to = f"challenge: {purpose}".encode("utf-8", "surrogatepass")  # any text of a client
        return hmac.digest(self.key, bound_to + head, "sha256")[:TAG]
