"""Hash and check passwords; what makes one acceptable."""

import base64
import hmac
import unicodedata
from collections.abc import Callable
from contextlib import AbstractContextManager
from contextvars import ContextVar
from typing import TypeVar

import bcrypt

from . import security_events
from .estimates import Estimates
from .hashing_pool import HashingPool
from .ip import ip_key
from .password_strength import APP_NAME, MIN_OWN, Strength, estimate_strength, without_known_words

T = TypeVar("T")

# NIST SP 800-63B-4 section 3.1.1.2: length is what counts, so no composition rules.
MAX_LENGTH = 1024
DEFAULT_MIN_LENGTH = 15

# Names what the digest is for, so that a hash stolen elsewhere can't be tried here
# in place of the password ("shucking", OWASP Password Storage Cheat Sheet).
DOMAIN = b"evergreen password v1"


# Whose password is checked, where that is known: an account's key. Set around the check; every
# function between the two would otherwise have to pass it on.
account_checked: ContextVar[str] = ContextVar("account_checked", default="")

# All of the process take turns: zxcvbn keeps `user_inputs` where all threads see them.
_estimates = Estimates()


class Passwords:
    """bcrypt over a digest of the password, so that every byte counts.

    bcrypt alone reads 72 bytes and no further.
    """

    def __init__(
        self, rounds: int, min_length: int, published: frozenset[str], pool: HashingPool
    ) -> None:
        """`rounds` is bcrypt's cost: one more doubles the time of a guess and of a login.

        `published` are passwords that everybody may know: they open nothing.
        """
        self._pool = pool
        self._published = published
        self._rounds = rounds
        self._min_length = min_length

    def validate(self, password: str, *about: str) -> str:
        """The password, if it is acceptable. Raises ValueError with words for its owner, Busy.

        `about` are the person's address and name: what a guesser would try first
        (OWASP ASVS 5.0 6.2.4, 6.2.11).
        """
        strength = self.strength(password, *about)
        if not strength.good:
            raise ValueError(strength.words)
        return password

    def strength(self, password: str, *about: str) -> Strength:
        """Raises Busy."""
        return self._strength(password, about, _estimates.turn())

    def meter(self, password: str, *about: str) -> Strength:
        """The same while it is typed. Raises Busy: then the meter shows nothing."""
        return self._strength(password, about, _estimates.spare_turn())

    def _strength(
        self, password: str, about: tuple[str, ...], turn: AbstractContextManager[None]
    ) -> Strength:
        if len(password) < self._min_length:
            words = f"Use at least {self._min_length} characters. Four unrelated words do well."
            return Strength(0, False, words)
        if len(password) > MAX_LENGTH:
            return Strength(0, False, f"Use at most {MAX_LENGTH} characters.")
        if password in self._published:
            return Strength(0, False, "That password is printed in our code, for all to read.")
        own = [APP_NAME, *(word for text in about for word in (text, *text.split("@")))]
        if len(without_known_words(normalize(password), own)) < MIN_OWN:
            return Strength(0, False, "That is little more than your address, or our name.")
        with turn:
            return estimate_strength(normalize(password), own)

    def hash(self, password: str) -> str:
        """Raises Busy."""
        salt = bcrypt.gensalt(self._rounds)
        return self._run(lambda: bcrypt.hashpw(_digest(password), salt)).decode()

    def needs_rehash(self, hashed: str) -> bool:
        """Whether a hash was made at another cost than the setting's."""
        return not hashed.startswith(f"$2b${self._rounds:02}$")

    def verify(self, password: str, hashed: str | None) -> bool:
        """Takes the same time whether or not there is a hash to compare with. Raises Busy."""
        if len(password) > MAX_LENGTH:  # nobody's, and normalising it would take its square
            password = ""
        known = hashed or self._dummy_hash(self._rounds)
        found = self._run(lambda: self._compare(_digest(password), known))
        return found and hashed is not None and password not in self._published

    def _run(self, work: Callable[[], T]) -> T:
        """In the pool. Where no account is known, each request counts as one of its own."""
        here = security_events.audit_context.get()()
        account = account_checked.get() or here.actor_id or here.request_id
        return self._pool.run(work, account, ip_key(here.ip))

    def _compare(self, digest: bytes, hashed: str) -> bool:
        """What a hash of a lower cost than today's takes less is worked off."""
        found = bcrypt.checkpw(digest, hashed.encode())
        if not found:
            for rounds in range(_rounds_of(hashed), self._rounds):
                bcrypt.checkpw(digest, self._dummy_hash(rounds).encode())
        return found

    @staticmethod
    def _dummy_hash(rounds: int) -> str:
        """A hash of no password."""
        return f"$2b${rounds:02}${'.' * 53}"


def _rounds_of(hashed: str) -> int:
    return int(hashed[4:6])


def normalize(password: str) -> str:
    """NFKC: the same password from any keyboard (NIST SP 800-63B-4 section 3.1.1.2)."""
    return unicodedata.normalize("NFKC", password)


def _digest(password: str) -> bytes:
    """48 bytes as 64 base64 letters: no NUL byte, and below bcrypt's 72."""
    data = normalize(password).encode("utf-8", "surrogatepass")
    return base64.b64encode(hmac.digest(DOMAIN, data, "sha384"))
