"""Passwords: hashing, verification and the rules for a new one."""

import base64
import hmac
import unicodedata
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from contextvars import ContextVar
from typing import TypeVar

import bcrypt

from . import security_events
from .estimates import Estimates
from .hashing_pool import HashingPool
from .ip import ip_key
from .password_strength import APP_NAME, MIN_OWN, Strength, estimate_strength, without_known_words
from .text import N_, Message

T = TypeVar("T")

# NIST SP 800-63B-4 section 3.1.1.2: length matters, so there are no composition rules.
MAX_LENGTH = 1024
DEFAULT_MIN_LENGTH = 15

# Binds the digest to this use, so that a hash stolen from another site can't be tried here
# in place of the password ("shucking", OWASP Password Storage Cheat Sheet).
DOMAIN = b"evergreen password v1"
# The digest in a stored hash that no password has.
NO_PASSWORD = "." * 31


# The key of the account whose password is being checked, if there is one. Set around the check:
# otherwise every function in between would need it as a parameter.
account_checked: ContextVar[str] = ContextVar("account_checked", default="")

# One for the process, since only one thread at a time may run zxcvbn: its `user_inputs` are global.
_estimates = Estimates()


class Passwords:
    """bcrypt over a digest of the password, so that every byte counts.

    bcrypt alone reads 72 bytes and no further.
    """

    def __init__(
        self, rounds: int, min_length: int, published: frozenset[str], pool: HashingPool
    ) -> None:
        """`rounds` is bcrypt's cost: one more doubles the time of a guess and of a sign-in.

        `published` are passwords that are public, as those of the demo data: always refused.
        """
        self._pool = pool
        self._published = published
        self._rounds = rounds
        self._min_length = min_length

    def validate(self, password: str, *about: str) -> str:
        """The password, if it is strong enough. Raises ValueError with advice, Overloaded.

        `about` are the user's e-mail and name: a guesser would try those first
        (OWASP ASVS 5.0 6.2.4, 6.2.11).
        """
        strength = self.strength(password, *about)
        if not strength.good:
            raise ValueError(strength.words)
        return password

    def strength(self, password: str, *about: str) -> Strength:
        """The strength of a new password. Raises Overloaded."""
        return self._strength(password, about, _estimates.turn())

    def meter(self, password: str, *about: str) -> Strength:
        """The strength while it is typed. Raises Overloaded: then the meter shows nothing."""
        return self._strength(password, about, _estimates.spare_turn())

    def _strength(
        self, password: str, about: tuple[str, ...], turn: AbstractContextManager[None]
    ) -> Strength:
        if len(password) < self._min_length:
            words = Message(
                "Use at least {count} characters. Four unrelated words do well.",
                count=self._min_length,
            )
            return Strength(0, False, words)
        if len(password) > MAX_LENGTH:
            return Strength(0, False, Message("Use at most {count} characters.", count=MAX_LENGTH))
        if password in self._published:
            return Strength(0, False, N_("That password is printed in our code, for all to read."))
        own = [APP_NAME, *(word for text in about for word in (text, *text.split("@")))]
        if len(without_known_words(normalize(password), own)) < MIN_OWN:
            return Strength(0, False, N_("That is little more than your e-mail, or our name."))
        with turn:
            return estimate_strength(normalize(password), own)

    def hash(self, password: str) -> str:
        """The bcrypt hash with a new salt. Raises Overloaded."""
        salt = bcrypt.gensalt(self._rounds)
        return self._run(lambda: bcrypt.hashpw(_digest(password), salt)).decode()

    def needs_rehash(self, hashed: str) -> bool:
        """Whether a hash has another cost than the setting."""
        return not hashed.startswith(f"$2b${self._rounds:02}$")

    def verify(self, password: str, hashed: str | None) -> bool:
        """Whether the password matches. Constant work, also without a hash. Raises Overloaded."""
        if len(password) > MAX_LENGTH:  # never valid, and normalising takes quadratic time
            password = ""
        expected = hashed or self._dummy_hash(self._rounds)
        matches = self._run(lambda: self._compare(_digest(password), expected))
        return matches and hashed is not None and password not in self._published

    def was_used(self, password: str, hashes: Iterable[str]) -> bool:
        """Whether it is one of these: someone else may know them. Raises Overloaded."""
        return any(self.verify(password, each) for each in hashes if is_hash(each))

    def _run(self, work: Callable[[], T]) -> T:
        """Run in the hashing pool. Without an account, the request counts as an account."""
        context = security_events.audit_context.get()()
        account = account_checked.get() or context.actor_id or context.request_id
        return self._pool.run(work, account, ip_key(context.ip))

    def _compare(self, digest: bytes, hashed: str) -> bool:
        """Compare; a mismatch takes as long as at the present cost, also with an older hash."""
        matches = bcrypt.checkpw(digest, hashed.encode())
        if not matches:
            for rounds in range(_rounds_of(hashed), self._rounds):
                bcrypt.checkpw(digest, self._dummy_hash(rounds).encode())
        return matches

    @staticmethod
    def _dummy_hash(rounds: int) -> str:
        """A hash that no password matches."""
        return f"$2b${rounds:02}${'.' * 53}"


def no_password() -> str:
    """The stored value of an account without a password: a hash that no password matches.

    Each is different: so a mailed link that was made before is used up by it.
    """
    return bcrypt.gensalt(rounds=4).decode() + NO_PASSWORD


def is_hash(stored: str) -> bool:
    """Whether the account has a password."""
    return not stored.endswith(NO_PASSWORD)


def _rounds_of(hashed: str) -> int:
    return int(hashed[4:6])


def normalize(password: str) -> str:
    """NFKC: the same password from any keyboard (NIST SP 800-63B-4 section 3.1.1.2)."""
    return unicodedata.normalize("NFKC", password)


def _digest(password: str) -> bytes:
    """48 bytes as 64 base64 letters: no NUL byte, and below bcrypt's 72."""
    data = normalize(password).encode("utf-8", "surrogatepass")
    return base64.b64encode(hmac.digest(DOMAIN, data, "sha384"))
