"""`python3 -m scripts.translations`: bring the catalogs up to date with the texts of the code.

New texts get an empty translation, texts that are gone are removed. A test fails while a catalog
differs from what this writes, or has an empty translation.
"""

import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from scripts.bootstrap import ROOT
from webapp.runtime.translations import DEFAULT, FOLDER, LANGUAGES

METHODS = [
    ("webapp/**.py", "python"),
    ("templates/**.html", "jinja2"),
    ("templates/**.txt", "jinja2"),
]
OPTIONS = {
    "templates/**.html": {"extensions": "jinja2.ext.i18n", "newstyle_gettext": "true"},
    "templates/**.txt": {"extensions": "jinja2.ext.i18n", "newstyle_gettext": "true"},
}
# A function → which of its arguments are texts; as gettext's tools write it. The last three make
# the cells of webapp/lab/architectures.py.
KEYWORDS: dict[str, tuple[int, ...] | None] = {
    "ngettext": (1, 2),
    **dict.fromkeys(("_", "gettext", "N_", "Message", "good", "fair", "weak")),
}
# In English, and said to be.
UNTRANSLATED = ("webapp/cli/",)


def main() -> int:
    for language in LANGUAGES:
        if language != DEFAULT:
            path = FOLDER / f"{language}.po"
            path.write_bytes(updated(path, language))
    return 0


def updated(path: Path, language: str) -> bytes:
    """The catalog with the texts of the code, and with the translations of the file."""
    old = Catalog(locale=language)
    if path.exists():
        with path.open("rb") as source:
            old = read_po(source, locale=language)
    new = Catalog(locale=language, fuzzy=False, header_comment=f"# {LANGUAGES[language]}")
    for text, place in sorted(texts(), key=lambda each: (each[1], str(each[0]))):
        known = old.get(text[0] if isinstance(text, tuple) else text)
        new.add(text, known.string if known else None, locations=[(place, 0)])
    written = BytesIO()
    write_po(written, new, omit_header=False, width=100, include_lineno=False)
    lines = written.getvalue().decode().splitlines(keepends=True)
    # Their times would change with each run.
    return "".join(
        line for line in lines if "-Date:" not in line and "Generated-By" not in line
    ).encode()


def texts() -> Iterator[tuple[str | tuple[str, ...], str]]:
    """The texts of code and templates, each with its first file."""
    seen: set[object] = set()
    found = extract_from_dir(ROOT, METHODS, OPTIONS, KEYWORDS)
    for name, _, text, _, _ in sorted(found, key=lambda each: (each[0], each[1])):
        if text and text not in seen and not name.startswith(UNTRANSLATED):
            seen.add(text)
            yield text, name


if __name__ == "__main__":
    sys.exit(main())
