"""Translations of texts: gettext catalogs under `webapp/translations/`, read at their first use.

English texts are the ids of the messages, so English needs no catalog. A text that the core made
with values (`core.text.Message`) keeps its template, and is translated before the values are set.
"""

import gettext
import io
import re
from functools import cache
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

FOLDER = Path(__file__).parent.parent / "translations"
DEFAULT = "en"
# Code → the name that its speakers give it.
LANGUAGES = {"en": "English", "vi": "Tiếng Việt", "th": "ไทย"}

# Browsers break these Thai words inside: each with word joiners there.
WHOLE_WORDS = {"โทเค็น": "โท\u2060เค็\u2060น", "คำขอ": "คำ\u2060ขอ"}


def translate(language: str, text: str) -> str:
    """The text in that language; the English text if it has no translation."""
    template, values = getattr(text, "template", text), getattr(text, "values", {})
    translated = catalog(language).gettext(template) if template else ""
    for name, value in values.items():
        if hasattr(value, "template"):
            values = {**values, name: translate(language, value)}
    return translated.format(**values) if values else translated


def translate_plural(language: str, singular: str, plural: str, number: int) -> str:
    """The form of the text for that number."""
    return catalog(language).ngettext(singular, plural, number)


@cache
def catalog(language: str) -> gettext.NullTranslations:
    path = FOLDER / f"{language}.po"
    if not path.exists():
        return gettext.NullTranslations()
    compiled = io.BytesIO()
    with path.open("rb") as source:
        messages = read_po(source, locale=language)
    for message in messages if language == "th" else ():
        text = message.string or ""
        message.string = keep_whole(text) if isinstance(text, str) else tuple(map(keep_whole, text))
    write_mo(compiled, messages)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def keep_whole(text: str) -> str:
    """The text with joiners inside WHOLE_WORDS, and with zero-width spaces where they end.

    Without the spaces browsers would miss their ends: Thai is written without spaces.
    """
    for word, joined in WHOLE_WORDS.items():
        ends = f"(?<=[\u0e01-\u0e4e])(?={word})|(?<={word})(?=[\u0e01-\u0e44])"
        text = re.sub(ends, "\u200b", text).replace(word, joined)
    return text
