"""Recovery codes: ten of 120 bits, each used once, for a user who has lost the other factors.

Stored as SHA-256: with 120 bits that is enough (OWASP ASVS 5.0 6.5.2). A new batch is shown before
it is stored: so a lost response leaves the old codes valid.
"""

import base64
import hashlib
import hmac
import secrets

from itsdangerous import BadData, URLSafeSerializer

from .errors import InvalidLink, WrongCode
from .factors import FactorRepository, RecoveryCodes
from .models import User
from .notifications import Notifications
from .security_events import EventKind, Events
from .text import N_

COUNT = 10
BYTES = 15
GROUP = 4
# Letters and digits; a whole code has 24, and a code of an app has 6.
SHORTEST = 20
# Seconds in which a new batch has to be confirmed.
BATCH_TTL = 60 * 60

WRONG = N_("That recovery code is not right, or was used already.")


class RecoveryCodeBook:
    def __init__(
        self, secret: str, factors: FactorRepository, events: Events, notifications: Notifications
    ) -> None:
        self._key = secret.encode()
        self._signer = URLSafeSerializer(secret, salt="recovery codes")
        self._factors = factors
        self._events = events
        self._notifications = notifications

    def present(self, user_id: str) -> RecoveryCodes:
        return self._factors.recovery_codes(user_id)

    def new_batch(self, user: User, now: float) -> str:
        """A token for `codes_of` ten new codes. They replace the present ones in `confirm`."""
        seed, old = secrets.token_urlsafe(16), self._factors.recovery_codes(user.id).batch
        return str(self._signer.dumps([user.id, int(now) + BATCH_TTL, seed, old]))

    def codes_of(self, user: User, token: str, now: float) -> list[str]:
        """The codes of a new batch.

        Raises InvalidLink: forged, expired, another user's, confirmed already, or out of date.
        """
        seed, old = self._read(user, token, now)
        if self._factors.recovery_codes(user.id).batch != old:
            raise InvalidLink
        return self._codes(user.id, seed)

    def confirm(self, user: User, token: str, now: float) -> None:
        """Make a new batch valid, after its user has saved it; the old codes end.

        Raises InvalidLink, also if other codes were created meanwhile.
        """
        seed, old = self._read(user, token, now)
        batch = hashlib.sha256(seed.encode()).hexdigest()[:22]  # the codes don't follow from it
        hashes = [code_hash(code) for code in self._codes(user.id, seed)]
        is_new = self._factors.replace_codes(user.id, old, batch, hashes, int(now))
        if is_new is None:
            raise InvalidLink
        if is_new:
            self._notifications.factor_added(user, N_("ten recovery codes"))

    def _read(self, user: User, token: str, now: float) -> tuple[str, str]:
        """The seed of a token's batch, and the batch that it replaces."""
        try:
            user_id, expires, seed, old = self._signer.loads(token)
        except (BadData, ValueError, TypeError):
            raise InvalidLink from None
        if user_id != user.id or expires <= now:
            raise InvalidLink
        return str(seed), str(old)

    def check(self, user: User, code: str, now: float) -> str:
        """The hash of an unused code, in any spelling. Raises WrongCode, Unavailable."""
        hashed = code_hash(code)
        if not self._factors.has_code(user.id, hashed):
            self._events.record(EventKind.CODE_REFUSED, user.id, now)
            raise WrongCode({"recovery_code": [WRONG]})
        return hashed

    def _codes(self, user_id: str, seed: str) -> list[str]:
        """Derived from the seed, which is in the form alone and never stored."""
        names = (f"recovery code {user_id} {seed} {number}" for number in range(COUNT))
        digests = (hmac.digest(self._key, name.encode(), "sha256")[:BYTES] for name in names)
        return [_grouped(base64.b32encode(digest).decode().lower()) for digest in digests]


def is_recovery_code(text: str) -> bool:
    """Whether it is as long as one, or nearly: letters may be missing."""
    return len(_plain(text)) >= SHORTEST


def code_hash(code: str) -> str:
    """The stored hash: letters and digits alone, in any case."""
    return hashlib.sha256(_plain(code).encode("utf-8", "surrogatepass")).hexdigest()


def _plain(code: str) -> str:
    return "".join(each for each in code.lower() if each.isalnum())


def _grouped(code: str) -> str:
    return "-".join(code[at : at + GROUP] for at in range(0, len(code), GROUP))
