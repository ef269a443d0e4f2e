"""One form for each way in which the same text can be written: to be compared by, and stored.

NFKC, before and after: keyboards of East Asia send wide letters for the same address, and some
systems send an accent as a letter of its own. Before, because a wide capital has to be seen as
one; after, because a small letter may have a form with its accent that the capital has not
(`J` + U+030C is two letters, `ǰ` is one). Both functions give back what they have made unchanged.
Their time grows with the square of the text's length: limit that first.
"""

import unicodedata


def lower_form(text: str) -> str:
    """For addresses. Not `casefold`: `straße` and `strasse` are two mailboxes."""
    return _nfkc(_nfkc(text).lower())


def search_form(text: str) -> str:
    """For what is only looked for: `ß` is found by `ss`."""
    return _nfkc(_nfkc(text).casefold())


def _nfkc(text: str) -> str:
    return unicodedata.normalize("NFKC", text)
