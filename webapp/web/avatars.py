"""What stands for a user in a small circle: initials, and a colour that stays theirs."""

import unicodedata
from zlib import crc32

from webapp.core.models import User

# As many as static/evergreen.css has.
TONES = 6


def initials(user: User) -> str:
    """Of the first and the last word of the name, else of the e-mail: at most two characters."""
    words = [word for word in map(_first_character, user.name.split()) if word]
    if not words:
        return _first_character(user.email)
    return words[0] if len(words) == 1 else words[0] + words[-1]


def _first_character(word: str) -> str:
    """The first letter or digit, in upper case; empty if there is none."""
    composed = unicodedata.normalize("NFC", word)
    return next((character.upper() for character in composed if character.isalnum()), "")


def avatar_tone(user: User) -> int:
    """From 0 to TONES - 1. It depends on the id: a new name or e-mail keeps the colour."""
    return crc32(user.id.encode()) % TONES
