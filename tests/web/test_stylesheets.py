"""A page loads the stylesheets that its classes need: each area has one of its own."""

import re
from pathlib import Path

import pytest

from scripts.bootstrap import ROOT

TEMPLATES, STATIC = ROOT / "templates", ROOT / "static"
COMMENTS = re.compile(r"/\*.*?\*/", re.DOTALL)
# Parts are included by pages of several areas, and letters have styles of their own.
PAGES = sorted(
    file for file in TEMPLATES.rglob("*.html") if file.name[0] != "_" and "mail" not in file.parts
)


def classes_of(sheet: Path) -> set[str]:
    return set(re.findall(r"\.([a-z][\w-]*)", COMMENTS.sub("", sheet.read_text())))


SHEETS = {sheet.name: classes_of(sheet) for sheet in STATIC.glob("*.css")}


def sheets_of(page: str) -> set[str]:
    """The stylesheets of a template and of those that it extends."""
    parents = re.findall(r'{% extends "([^"]+)"', page)
    found = set(re.findall(r"filename='([\w-]+\.css)'", page))
    return found.union(*(sheets_of((TEMPLATES / parent).read_text()) for parent in parents))


def classes_in(source: str) -> set[str]:
    """Of an expression, such as `{{ 'bad' if wrong }}`, only its texts can be classes."""
    values = " ".join(re.findall(r'class="([^"]*)"', source))
    values = re.sub(r"\([^()]*\)", "", values)  # arguments of filters and functions
    plain = re.sub(r"{{.*?}}", lambda found: " ".join(re.findall(r"'(.*?)'", found[0])), values)
    return set(re.sub(r"{%.*?%}", " ", plain).split())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(TEMPLATES)))
def test_a_class_is_in_a_stylesheet_of_its_page(page: Path) -> None:
    source = page.read_text()
    loaded = sheets_of(source)
    styled = set().union(*(SHEETS[name] for name in loaded))
    used = classes_in(source)
    elsewhere = set().union(*SHEETS.values()) - styled
    assert not used & elsewhere, f"{used & elsewhere} with {loaded}"
