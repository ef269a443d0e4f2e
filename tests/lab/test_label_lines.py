"""Labels in pictures: in every language their lines fit a phone, and no word of ours is cut."""

import unicodedata
from collections.abc import Sequence
from functools import partial

import pytest

from tests.lab.conftest import Play
from webapp.lab.diagram.layout import WIDTH, draw
from webapp.lab.diagram.lines import BREAK, break_lines, line_height, width
from webapp.lab.diagram.outcomes import with_outcomes
from webapp.lab.diagram.steps import Step
from webapp.lab.sandbox.scenarios import ALL
from webapp.lab.tour import TOUR
from webapp.runtime.translations import LANGUAGES, translate

RUNS = [(slug, option) for slug, each in ALL.items() for option in each.options or [None]]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("slug", "option"), RUNS)
def test_no_line_of_a_scenario_is_cut_or_too_wide(
    play: Play, slug: str, option: str | None, language: str
) -> None:
    run = play(slug, option=option)
    assert_labels_fit(with_outcomes(run), len(run.endings), language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_line_of_the_tour_is_cut_or_too_wide(language: str) -> None:
    for page in TOUR:
        assert_labels_fit(page.steps, 0, language)


def assert_labels_fit(steps: Sequence[Step], endings: int, language: str) -> None:
    to_language = partial(translate, language)
    for row in draw(steps, endings, to_language).rows:
        lines = [line for _, line in row.lines]
        assert max(map(width, lines)) < WIDTH
        words = to_language(row.step.words).replace(BREAK, " ").split()
        shown = " ".join(lines)
        assert [word for word in words if word not in shown] == [], shown


def test_lines_end_at_spaces_and_where_a_thai_text_may() -> None:
    assert break_lines("a short label", 100) == ["a short label"]
    assert break_lines("a short label", 5) == ["a short", "label"]
    assert break_lines("", 5) == [""]
    assert break_lines(f"โทเค็น{BREAK}หมดอายุ", 5) == ["โทเค็น", "หมดอายุ"]
    assert break_lines(f"โทเค็น{BREAK}หมดอายุ", 50) == ["โทเค็นหมดอายุ"]


def test_a_number_stays_with_its_word() -> None:
    assert break_lines("the cookies 1", 7) == ["the", "cookies 1"]
    assert break_lines("tab 5: GET /account", 7.5) == ["tab 5: GET", "/account"]


def test_a_word_that_is_too_long_is_cut_but_no_mark_leaves_its_letter() -> None:
    lines = break_lines("ที่นี่ที่นี่", 1.3)
    assert len(lines) > 1
    assert not [line for line in lines if unicodedata.category(line[0]) == "Mn"]
    assert "".join(break_lines("/a/very/long/path", 3)) == "/a/very/long/path"
    assert break_lines("GET /account/sessions", 7) == ["GET", "/account", "/sessions"]
    assert break_lines("W", 0.1) == ["W"]


def test_marks_need_height_and_no_width() -> None:
    assert width("ที่") == width("ท")
    assert width("a", bold=True) > width("a")
    assert line_height("หมดอายุ") > line_height("hết hạn")
