"""Tokens of mailed links: signed, single use, valid for up to an hour (for undoing: a week).

A token holds a digest of the state that it is going to change. Once that state has changed, by
this link or otherwise, the digest differs: so single use needs no storage
(OWASP Forgot Password Cheat Sheet; ASVS 5.0 6.4.1).
"""

import hashlib
import hmac
from enum import StrEnum

from itsdangerous import BadData, URLSafeSerializer

from .errors import InvalidLink
from .models import User

# Seconds. Short, since an old mail in a stolen mailbox must be useless.
RESET_TTL = 30 * 60
CONFIRM_TTL = 60 * 60
# For owners after a theft of the account. More: the new owner of an abandoned mailbox could take
# the account for longer. Fewer: an owner who is on holiday comes too late.
UNDO_TTL = 7 * 24 * 3600


class Purpose(StrEnum):
    RESET = "reset"
    CONFIRM = "confirm"
    CHANGE_EMAIL = "change_email"
    UNDO_EMAIL = "undo_email"
    NOT_ME = "not_me"


TTL = {
    Purpose.RESET: RESET_TTL,
    Purpose.CONFIRM: CONFIRM_TTL,
    Purpose.CHANGE_EMAIL: CONFIRM_TTL,
    Purpose.UNDO_EMAIL: UNDO_TTL,
    Purpose.NOT_ME: UNDO_TTL,
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
        """A token for one of the first three purposes."""
        return self._signed(purpose, user.id, _state(purpose, user, password_hash), now)

    def make_undo(self, user_id: str, change_id: int, now: float) -> str:
        """A token to undo a change of e-mail. Single use is recorded in the row of the change."""
        return self._signed(Purpose.UNDO_EMAIL, user_id, str(change_id), now)

    def make_not_me(self, user: User, sid: str, now: float) -> str:
        """A token to reject a sign-in that its owner did not make. Its row records the use.

        It holds the e-mail that it is sent to: another address gives it no right.
        """
        return self._signed(Purpose.NOT_ME, user.id, f"{sid} {user.email}", now)

    def sign_in_to_reject(self, token: str, now: float) -> tuple[str, str, str]:
        """The user's id, the session's sid, and the e-mail that the token was sent to.

        Raises InvalidLink: forged or expired.
        """
        user_id = self.read_user_id(Purpose.NOT_ME, token, now)
        sid, _, email = str(self._signers[Purpose.NOT_ME].loads(token)[2]).partition(" ")
        return user_id, sid, email

    def _signed(self, purpose: Purpose, user_id: str, state: str, now: float) -> str:
        return str(self._signers[purpose].dumps([user_id, int(now) + TTL[purpose], state]))

    def is_for(self, purpose: Purpose, token: str) -> bool:
        """Whether the token was signed for this purpose, expired or not."""
        return self._signers[purpose].loads_unsafe(token)[0]

    def change_to_undo(self, token: str, now: float) -> tuple[str, int]:
        """The user's id and the change's id. Raises InvalidLink: forged or expired."""
        user_id = self.read_user_id(Purpose.UNDO_EMAIL, token, now)
        return user_id, int(self._signers[Purpose.UNDO_EMAIL].loads(token)[2])

    def read_user_id(self, purpose: Purpose, token: str, now: float) -> str:
        """The user's id. Raises InvalidLink: forged or expired."""
        try:
            user_id, expires, _ = self._signers[purpose].loads(token)
        except (BadData, ValueError):
            raise InvalidLink from None
        if expires <= now:
            raise InvalidLink
        return str(user_id)

    def verify_unused(self, purpose: Purpose, token: str, user: User, password_hash: str) -> None:
        """Raise InvalidLink if the state has changed since the token was made."""
        state = self._signers[purpose].loads(token)[2]
        if not hmac.compare_digest(state, _state(purpose, user, password_hash)):
            raise InvalidLink


def _state(purpose: Purpose, user: User, password_hash: str) -> str:
    """Digest of the state that the link changes: password, e-mail, or its verification."""
    changing_value = {
        Purpose.RESET: password_hash,
        Purpose.CONFIRM: str(user.email_verified_at),
        Purpose.CHANGE_EMAIL: user.pending_email or "",
    }
    facts = [user.email, changing_value[purpose]]
    return hashlib.sha256("\n".join(facts).encode()).hexdigest()[:32]
