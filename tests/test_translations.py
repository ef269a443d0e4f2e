"""The catalogs: complete, up to date, and with the placeholders of their texts."""

import re
from html.parser import HTMLParser

import pytest
from babel.messages.catalog import Message
from babel.messages.pofile import read_po

from scripts.translations import updated
from webapp.runtime.translations import DEFAULT, FOLDER, LANGUAGES, keep_whole, translate

OTHERS = [language for language in LANGUAGES if language != DEFAULT]
PLACEHOLDER = re.compile(r"%\(\w+\)s|\{\w*\}")


def messages(language: str) -> list[Message]:
    with (FOLDER / f"{language}.po").open("rb") as source:
        return [message for message in read_po(source, locale=language) if message.id]


class Tags(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[object] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, sorted(attrs, key=str)))

    def handle_endtag(self, tag: str) -> None:
        self.found.append(tag)


@pytest.mark.parametrize("language", OTHERS)
def test_a_catalog_has_the_texts_of_the_code(language: str) -> None:
    path = FOLDER / f"{language}.po"
    assert path.read_bytes() == updated(path, language), "`python3 -m scripts.translations`"


@pytest.mark.parametrize("language", OTHERS)
def test_every_text_is_translated_with_its_placeholders_and_tags(language: str) -> None:
    for message in messages(language):
        assert not message.fuzzy, message.id
        english = message.id if isinstance(message.id, str) else message.id[1]
        forms = [message.string] if isinstance(message.string, str) else message.string
        for form in forms:
            assert form, english
            assert sorted(PLACEHOLDER.findall(form)) == sorted(PLACEHOLDER.findall(english))
            assert sorted(map(str, Tags(form).found)) == sorted(map(str, Tags(english).found))


def test_thai_words_that_browsers_would_break_are_joined() -> None:
    token, request = "โท\u2060เค็\u2060น", "คำ\u2060ขอ"
    assert keep_whole("โทเค็นของคำขอ (โทเค็น)") == f"{token}\u200bของ\u200b{request} ({token})"
    assert token in translate("th", "Access token")
