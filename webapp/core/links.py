"""Mailed links: signed, good for an hour at most, and once.

A link carries a digest of what it is going to change. Once that has changed, by
this link or by anything else, it no longer fits: nothing has to be stored
(OWASP Forgot Password Cheat Sheet; ASVS 5.0 6.4.1).
"""

import hashlib
import hmac
from enum import StrEnum

from itsdangerous import BadData, URLSafeSerializer

from .errors import LinkVoid
from .stores import User

# Seconds. A mailbox read by somebody else later opens nothing any more.
RESET_TTL = 30 * 60
CONFIRM_TTL = 60 * 60


class Purpose(StrEnum):
    RESET = "reset"
    CONFIRM = "confirm"


TTL = {Purpose.RESET: RESET_TTL, Purpose.CONFIRM: CONFIRM_TTL}


class Links:
    def __init__(self, secret: str) -> None:
        self._signers = {
            purpose: URLSafeSerializer(
                secret,
                salt=f"mailed link: {purpose}",
                signer_kwargs={"digest_method": hashlib.sha256},
            )
            for purpose in Purpose
        }

    def make(self, purpose: Purpose, user: User, password_hash: str, now: float) -> str:
        expires = int(now) + TTL[purpose]
        return str(
            self._signers[purpose].dumps([user.id, expires, _state(purpose, user, password_hash)])
        )

    def whose(self, purpose: Purpose, token: str, now: float) -> str:
        """The id of the user whom the link is for. Raises LinkVoid: forged, or too old."""
        try:
            user_id, expires, _ = self._signers[purpose].loads(token)
        except (BadData, ValueError):
            raise LinkVoid from None
        if expires <= now:
            raise LinkVoid
        return str(user_id)

    def check(self, purpose: Purpose, token: str, user: User, password_hash: str) -> None:
        """Raises LinkVoid: what it was going to change has changed since."""
        state = self._signers[purpose].loads(token)[2]
        if not hmac.compare_digest(state, _state(purpose, user, password_hash)):
            raise LinkVoid


def _state(purpose: Purpose, user: User, password_hash: str) -> str:
    """What the link is going to change: the password, or whether the address is confirmed."""
    changing = password_hash if purpose is Purpose.RESET else str(user.confirmed_at)
    facts = [user.email, changing]
    return hashlib.sha256("\n".join(facts).encode()).hexdigest()[:32]
