"""Words of the lab: as in docs/glossary.md, and explained at their first mention on a page."""

import re

import pytest

from scripts.bootstrap import ROOT
from webapp.lab.glossary import WORDS, explain_first_mentions


def test_they_mean_what_the_document_says() -> None:
    document = (ROOT / "docs" / "glossary.md").read_text()
    rows = dict(re.findall(r"^\| ([a-z -]+) \| (.+) \|$", document, re.MULTILINE))
    assert {word: rows.get(word) for word in WORDS} == WORDS


def opened(html: str) -> list[str]:
    return re.findall(r'popovertarget="meaning-(\w+)">', explain_first_mentions(html, "/q"))


def test_each_is_explained_once_in_any_form() -> None:
    assert opened("<p>Workers redeem. A worker redeemed it.</p>") == ["worker", "redeem"]


def test_the_words_stay_as_they_were_and_lead_to_the_list() -> None:
    shown = explain_first_mentions("<p>Two Generations.</p>", "/lab/questions")
    assert ">Generations</button>" in shown
    assert '<a class="term-link" href="/lab/questions#word-generation">Generations</a>' in shown


@pytest.mark.parametrize(
    "html",
    [
        "<h1>The grace</h1>",
        '<a href="/grace">grace</a>',
        "<svg><text>redeem 0</text><svg></svg>hook</svg>",
        "<details><summary>worker</summary></details>",
        "<button>redeem</button>",
        '<p class="worker">disgraced</p>',
        "<!-- the hook -->",
    ],
)
def test_names_links_controls_and_attributes_are_left_alone(html: str) -> None:
    assert explain_first_mentions(html, "/q") == html


def test_text_after_such_an_element_is_explained() -> None:
    assert opened("<h2>Hook</h2><p>The hook.</p>") == ["hook"]


VIETNAMESE = {"generation": "thế hệ", "redeem": "đổi refresh token"}
THAI = {"generation": "รุ่น", "redeem": "แลก refresh token"}


@pytest.mark.parametrize(
    ("html", "words", "shown"),
    [
        ("<p>Thế hệ 2 và thế hệ 3.</p>", VIETNAMESE, ["Thế hệ"]),
        ("<p>Nó thay đổi token.</p>", VIETNAMESE, []),
        ("<p>รุ่นใหม่, โทเค็น\u200bรุ่น\u200bใหม่</p>", THAI, ["รุ่น"]),
        ("<p>แลก refresh token ใหม่</p>", THAI, ["แลก refresh token"]),
    ],
)
def test_they_are_found_in_other_languages(
    html: str, words: dict[str, str], shown: list[str]
) -> None:
    page = explain_first_mentions(html, "/q", lambda word: words.get(word, word))
    assert re.findall(r'class="term" popovertarget="meaning-\w+">([^<]+)<', page) == shown
