"""Hash and check passwords; what makes one acceptable."""

import base64
import hmac
import unicodedata
from dataclasses import dataclass

import bcrypt

# NIST SP 800-63B-4 section 3.1.1.2: length is what counts, so no composition rules.
MAX_LENGTH = 1024
DEFAULT_MIN_LENGTH = 15

# Names what the digest is for, so that a hash stolen elsewhere can't be tried here
# in place of the password ("shucking", OWASP Password Storage Cheat Sheet).
DOMAIN = b"evergreen password v1"

# What anybody would try first here.
APP_NAME = "evergreen"
# zxcvbn's score, 0 to 4: 3 takes 10^8 guesses or more. It reads 72 characters at most.
GOOD_SCORE = 3
READ_AT_ONCE = 72


@dataclass(frozen=True)
class Strength:
    """How hard a password is to guess: 0 to 4, and words for its owner."""

    score: int
    good: bool
    words: str


class Passwords:
    """bcrypt over a digest of the password, so that every byte counts.

    bcrypt alone reads 72 bytes and no further.
    """

    def __init__(self, rounds: int, min_length: int, published: frozenset[str]) -> None:
        """`rounds` is bcrypt's cost: one more doubles the time of a guess and of a login.

        `published` are passwords that everybody may know: they open nothing.
        """
        self._published = published
        self._rounds = rounds
        self._min_length = min_length
        # Checked when there is no such account, so that its absence takes as long.
        self._nobody = f"$2b${rounds:02}${'.' * 53}"

    def accepted(self, password: str, *about: str) -> str:
        """The password, if it is acceptable. Raises ValueError with words for its owner.

        `about` are the person's address and name: what a guesser would try first
        (OWASP ASVS 5.0 6.2.4, 6.2.11).
        """
        strength = self.strength(password, *about)
        if not strength.good:
            raise ValueError(strength.words)
        return password

    def strength(self, password: str, *about: str) -> Strength:
        if len(password) < self._min_length:
            words = f"Use at least {self._min_length} characters. Four unrelated words do well."
            return Strength(0, False, words)
        if len(password) > MAX_LENGTH:
            return Strength(0, False, f"Use at most {MAX_LENGTH} characters.")
        if password in self._published:
            return Strength(0, False, "That password is printed in our code, for all to read.")
        return _guessed(normal(password), about)

    def hash(self, password: str) -> str:
        return bcrypt.hashpw(_digest(password), bcrypt.gensalt(self._rounds)).decode()

    def outdated(self, hashed: str) -> bool:
        """Whether a hash was made at another cost than the setting's."""
        return not hashed.startswith(f"$2b${self._rounds:02}$")

    def matches(self, password: str, hashed: str | None) -> bool:
        """Takes the same time whether or not there is a hash to compare with."""
        found = bcrypt.checkpw(_digest(password), (hashed or self._nobody).encode())
        return found and hashed is not None and password not in self._published


def _guessed(password: str, about: tuple[str, ...]) -> Strength:
    """As hard as the harder of its ends: one that can't be guessed is enough."""
    ends = {password[:READ_AT_ONCE], password[-READ_AT_ONCE:]}
    score, warning = max(_estimate(end, about) for end in ends)
    if score < GOOD_SCORE:
        return Strength(score, False, f"{warning} Four unrelated words do well.")
    return Strength(score, True, "Very hard to guess." if score > GOOD_SCORE else "Hard to guess.")


def _estimate(password: str, about: tuple[str, ...]) -> tuple[int, str]:
    from zxcvbn import zxcvbn  # its word lists are large: only for those who choose a password

    own = [APP_NAME, *(word for text in about for word in (text, *text.split("@")))]
    found = zxcvbn(password, user_inputs=own, max_length=READ_AT_ONCE)
    return found["score"], found["feedback"]["warning"] or "This is easy to guess."


def normal(password: str) -> str:
    """NFKC: the same password from any keyboard (NIST SP 800-63B-4 section 3.1.1.2)."""
    return unicodedata.normalize("NFKC", password)


def _digest(password: str) -> bytes:
    """48 bytes as 64 base64 letters: no NUL byte, and below bcrypt's 72."""
    data = normal(password).encode("utf-8", "surrogatepass")
    return base64.b64encode(hmac.digest(DOMAIN, data, "sha384"))
