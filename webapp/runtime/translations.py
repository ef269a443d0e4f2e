"""Translations of texts: gettext catalogs under `webapp/translations/`, read at their first use.

English texts are the ids of the messages, so English needs no catalog. A text that the core made
with values (`core.text.Message`) keeps its template, and is translated before the values are set.
"""

import gettext
import io
from functools import cache
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

FOLDER = Path(__file__).parent.parent / "translations"
DEFAULT = "en"
# Code → the name that its speakers give it.
LANGUAGES = {"en": "English", "vi": "Tiếng Việt", "th": "ไทย"}


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
        write_mo(compiled, read_po(source, locale=language))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
