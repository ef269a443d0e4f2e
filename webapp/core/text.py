"""One form for each way in which the same text can be written: to be compared by, and stored.

NFKC, before and after: keyboards of East Asia send wide letters for the same address, and some
systems send an accent as a letter of its own. Before, because a wide capital has to be seen as
one; after, because a small letter may have a form with its accent that the capital has not
(`J` + U+030C is two letters, `ǰ` is one). Both functions give back what they have made unchanged.
Their time grows with the square of the text's length: limit that first.
"""

import re
import unicodedata

# Letters and marks that show nothing, though Unicode does not count them as format characters:
# fillers of Hangul, an empty Braille cell, joiners of graphemes, variation selectors.
BLANK = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0"
    "\U000e0100-\U000e01ef]"
)


def lower_form(text: str) -> str:
    """For addresses. Not `casefold`: `straße` and `strasse` are two mailboxes."""
    return _nfkc(_nfkc(text).lower())


def search_form(text: str) -> str:
    """For what is only looked for: `ß` is found by `ss`."""
    return _nfkc(_nfkc(text).casefold())


def _nfkc(text: str) -> str:
    return unicodedata.normalize("NFKC", text)


def visible(text: str) -> str:
    """Without the characters that show nothing, or turn the text around them (UTS 39, UTR 36).

    With them two names look the same, or a name changes how the page beside it reads.
    """
    shown = BLANK.sub("", text)
    return "".join(letter for letter in shown if unicodedata.category(letter) != "Cf")
