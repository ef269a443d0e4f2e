"""Mailed links: signed, good once, and for an hour at most; those that undo, for a week.

A link carries a digest of what it is going to change. Once that has changed, by
this link or by anything else, it no longer fits: nothing has to be stored
(OWASP Forgot Password Cheat Sheet; ASVS 5.0 6.4.1).
"""

import hashlib
import hmac
from enum import StrEnum

from itsdangerous import BadData, URLSafeSerializer

from .errors import InvalidLink
from .models import User

# Seconds. A mailbox read by somebody else later opens nothing any more.
RESET_TTL = 30 * 60
CONFIRM_TTL = 60 * 60
# After a theft of the account. More: who gets an address that somebody else gave up could take
# that person's account for longer. Fewer: an owner who is on holiday comes too late.
UNDO_TTL = 7 * 24 * 3600


class Purpose(StrEnum):
    RESET = "reset"
    CONFIRM = "confirm"
    CHANGE_EMAIL = "change_email"
    UNDO_EMAIL = "undo_email"


TTL = {
    Purpose.RESET: RESET_TTL,
    Purpose.CONFIRM: CONFIRM_TTL,
    Purpose.CHANGE_EMAIL: CONFIRM_TTL,
    Purpose.UNDO_EMAIL: UNDO_TTL,
}


class EmailTokens:
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
        return self._signed(purpose, user.id, _state(purpose, user, password_hash), now)

    def make_undo(self, user_id: str, change_id: int, now: float) -> str:
        """It names a row that says whether it has been used: what it changes changes often."""
        return self._signed(Purpose.UNDO_EMAIL, user_id, str(change_id), now)

    def _signed(self, purpose: Purpose, user_id: str, state: str, now: float) -> str:
        return str(self._signers[purpose].dumps([user_id, int(now) + TTL[purpose], state]))

    def is_for(self, purpose: Purpose, token: str) -> bool:
        return self._signers[purpose].loads_unsafe(token)[0]

    def change_to_undo(self, token: str, now: float) -> tuple[str, int]:
        """The id of the user and of the change. Raises LinkVoid: forged, or too old."""
        user_id = self.read_user_id(Purpose.UNDO_EMAIL, token, now)
        return user_id, int(self._signers[Purpose.UNDO_EMAIL].loads(token)[2])

    def read_user_id(self, purpose: Purpose, token: str, now: float) -> str:
        """The id of the user whom the link is for. Raises LinkVoid: forged, or too old."""
        try:
            user_id, expires, _ = self._signers[purpose].loads(token)
        except (BadData, ValueError):
            raise InvalidLink from None
        if expires <= now:
            raise InvalidLink
        return str(user_id)

    def verify_unused(self, purpose: Purpose, token: str, user: User, password_hash: str) -> None:
        """Raises LinkVoid: what it was going to change has changed since."""
        state = self._signers[purpose].loads(token)[2]
        if not hmac.compare_digest(state, _state(purpose, user, password_hash)):
            raise InvalidLink


def _state(purpose: Purpose, user: User, password_hash: str) -> str:
    """What the link is going to change: the password, the address, or whether it is confirmed."""
    changing = {
        Purpose.RESET: password_hash,
        Purpose.CONFIRM: str(user.email_verified_at),
        Purpose.CHANGE_EMAIL: user.pending_email or "",
    }
    facts = [user.email, changing[purpose]]
    return hashlib.sha256("\n".join(facts).encode()).hexdigest()[:32]
