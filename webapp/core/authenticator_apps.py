"""Authenticator apps: TOTP (RFC 6238), six digits, 30 seconds, SHA-1, as all apps know it.

The code of the present time step is accepted, and of the one before: it may have been typed at the
edge. That is up to 60 s; OWASP ASVS 5.0 6.5.5 names 30. Each step is used once (6.5.1).
"""

import hmac
import logging
from base64 import urlsafe_b64encode
from dataclasses import dataclass

import pyotp
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from itsdangerous import BadData, URLSafeSerializer

from .errors import CodeUsed, InvalidLink, WrongCode
from .factors import FactorRepository
from .models import User
from .notifications import Notifications
from .security_events import EventKind, Events
from .text import N_

log = logging.getLogger(__name__)

STEP = 30
DIGITS = 6
# Seconds in which a set-up has to be finished.
SETUP_TTL = 60 * 60

WRONG = N_("That code is not right. Enter the six digits that the app shows now.")
UNREADABLE = N_("Codes of the app can't be checked any more. Use a recovery code or a passkey.")
USED = N_("That code was used already. Wait for the next one.")


@dataclass(frozen=True)
class Setup:
    """A secret that is not stored yet."""

    token: str
    """The secret, signed for its user: the form carries it, so that nothing has to be stored."""
    secret: str
    """Base32, 160 bits."""
    uri: str
    """`otpauth:`, for the QR code."""


class AuthenticatorApps:
    def __init__(
        self,
        keys: list[str],
        site_name: str,
        factors: FactorRepository,
        events: Events,
        notifications: Notifications,
    ) -> None:
        """`keys`: secrets of the app, newest first. The first one encrypts, all of them decrypt."""
        self._newest = _fernet(keys[0])
        self._fernet = MultiFernet([_fernet(key) for key in keys])
        self._signer = URLSafeSerializer(keys[0], salt="authenticator app")
        self._site_name = site_name
        self._factors = factors
        self._events = events
        self._notifications = notifications

    def new_setup(self, user: User, now: float) -> Setup:
        secret = pyotp.random_base32()
        sealed = self._fernet.encrypt(secret.encode()).decode()
        token = self._signer.dumps([user.id, int(now) + SETUP_TTL, sealed])
        return self._setup(user, str(token), secret)

    def read_setup(self, user: User, token: str, now: float) -> Setup:
        """The set-up of a form. Raises InvalidLink: forged, expired, or another user's."""
        try:
            user_id, expires, sealed = self._signer.loads(token)
            secret = self._fernet.decrypt(sealed).decode()
        except (BadData, ValueError, TypeError, InvalidToken):
            raise InvalidLink from None
        if user_id != user.id or expires <= now:
            raise InvalidLink
        return self._setup(user, token, secret)

    def _setup(self, user: User, token: str, secret: str) -> Setup:
        uri = pyotp.TOTP(secret).provisioning_uri(name=user.email, issuer_name=self._site_name)
        return Setup(token, secret, uri)

    def switch_on(self, user: User, setup: Setup, code: str, now: float) -> None:
        """Store the secret, once a code shows that the app has it. The code is used then.

        Raises WrongCode, Conflict (no recovery codes), Unavailable.
        """
        step = matching_step(setup.secret, code, now)
        if step is None:
            raise WrongCode({"code": [WRONG]})
        present = self._factors.authenticator(user.id)
        if present and self._decrypt(present.secret) == setup.secret:
            return  # the form was sent twice
        sealed = self._fernet.encrypt(setup.secret.encode()).decode()
        self._factors.set_authenticator(user.id, sealed, step, int(now))
        self._notifications.factor_added(user, N_("an authenticator app"))

    def switch_off(self, user: User, now: float) -> bool:
        """Whether there was one. Recovery codes and trusted browsers go with it."""
        removed = self._factors.remove_authenticator(user.id, int(now))
        if removed:
            self._notifications.factor_removed(user, N_("the authenticator app"))
        return removed

    def use_code(self, user_id: str, code: str, now: float) -> None:
        """Check a code and use it up. Raises WrongCode, Unavailable."""
        if not self._factors.use_step(user_id, self.check(user_id, code, now)):
            raise CodeUsed({"code": [USED]})

    def check(self, user_id: str, code: str, now: float) -> int:
        """The time step of an unused code. Raises WrongCode, Unavailable."""
        present = self._factors.authenticator(user_id)
        secret = self._decrypt(present.secret) if present else ""
        if secret is None:
            log.error("an authenticator app needs a key that is no more in the settings")
            raise WrongCode({"code": [UNREADABLE]})
        step = matching_step(secret or pyotp.random_base32(), code, now)
        if present is None or not secret or step is None:
            self._events.record(EventKind.CODE_REFUSED, user_id, now)
            raise WrongCode({"code": [WRONG]})
        if step <= present.last_step:
            raise CodeUsed({"code": [USED]})
        self._encrypt_anew(user_id, present.secret)
        return step

    def encrypt_all_anew(self) -> tuple[int, int]:
        """Encrypt all secrets with the first key: how many were, and how many can't be read."""
        stored = self._factors.authenticators()
        unreadable = [self._encrypt_anew(*each) for each in stored].count(False)
        return len(stored) - unreadable, unreadable

    def _encrypt_anew(self, user_id: str, sealed: str) -> bool:
        """After a change of the keys; False if the secret can't be read."""
        try:
            self._newest.decrypt(sealed)
        except InvalidToken:
            try:
                fresh = self._fernet.rotate(sealed.encode()).decode()
            except InvalidToken:
                return False
            self._factors.replace_secret(user_id, sealed, fresh)
        return True

    def _decrypt(self, sealed: str) -> str | None:
        """The secret; None if it was encrypted with a key that is no longer set."""
        try:
            return self._fernet.decrypt(sealed).decode()
        except InvalidToken:
            return None


def matching_step(secret: str, code: str, now: float) -> int | None:
    """The time step of a code: this one or the one before; None if it is wrong."""
    code = "".join(code.split())
    if not (code.isascii() and code.isdigit() and len(code) == DIGITS):
        return None
    totp, present = pyotp.TOTP(secret, digits=DIGITS, interval=STEP), int(now) // STEP
    expected = {step: totp.generate_otp(step) for step in (present, present - 1)}
    return next((step for step, each in expected.items() if hmac.compare_digest(each, code)), None)


def _fernet(key: str) -> Fernet:
    """A key for this purpose alone (HKDF, RFC 5869)."""
    derived = HKDF(SHA256(), 32, salt=None, info=b"authenticator apps").derive(key.encode())
    return Fernet(urlsafe_b64encode(derived))
