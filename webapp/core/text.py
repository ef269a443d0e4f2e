"""Normal forms of text, for storage and comparison.

NFKC is applied before and after the change of case: East Asian keyboards send wide letters, and
some systems send an accent as a separate character. Before, so that a wide capital becomes a
capital; after, because a small letter may exist with its accent where the capital does not
(`J` + U+030C is two characters, `ǰ` is one). Both forms are idempotent. They take quadratic time:
limit the length first.
"""

import re
import unicodedata

# Invisible letters and marks that Unicode does not count as format characters:
# fillers of Hangul, an empty Braille cell, joiners of graphemes, variation selectors.
BLANK = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0"
    "\U000e0100-\U000e01ef]"
)


def lower_form(text: str) -> str:
    """The form of e-mails. Not `casefold`: `straße` and `strasse` are two mailboxes."""
    return _nfkc(_nfkc(text).lower())


def search_form(text: str) -> str:
    """The form of search terms: `ss` finds `ß`."""
    return _nfkc(_nfkc(text).casefold())


def _nfkc(text: str) -> str:
    return unicodedata.normalize("NFKC", text)


def visible(text: str) -> str:
    """The text without invisible characters and direction marks (UTS 39, UTR 36).

    With them two names can look the same, or a name can reverse the text beside it.
    """
    shown = BLANK.sub("", text)
    return "".join(letter for letter in shown if unicodedata.category(letter) != "Cf")


class Message(str):
    """A text for people with values in it. It is the English text, and can be translated.

    `Message("Use at least {count} characters.", count=15)`
    """

    template: str
    values: dict[str, object]

    def __new__(cls, template: str, **values: object) -> "Message":
        message = super().__new__(cls, template.format(**values))
        message.template, message.values = template, values
        return message


def N_(text: str) -> str:  # noqa: N802 - the name that gettext's tools look for
    """Mark a constant as a text for people: it is translated where it is shown."""
    return text
