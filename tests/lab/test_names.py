"""Scenarios, their tests, their pages and the code that they show go by the same names."""

import ast
import re
from pathlib import Path

import pytest

from scripts.bootstrap import ROOT
from tests.lab import test_scenarios
from webapp.lab.sandbox.scenarios import ALL, GROUPS, Scenario

PAGES = ROOT / "docs" / "failures"


def test_there_are_fourteen_in_the_order_of_the_page() -> None:
    assert list(ALL) == [
        "expired-token",
        "form-with-expired-token",
        "lost-response",
        "twenty-requests",
        "five-tabs",
        "thief-replays",
        "thief-first",
        "key-withdrawn",
        "forged-token",
        "redis-rolled-back",
        "redis-emptied",
        "redis-stopped",
        "logout-during-refresh",
        "logout-elsewhere",
    ]


def test_each_is_in_one_group() -> None:
    grouped = [scenario.slug for group in GROUPS.values() for scenario in group]
    assert grouped == list(ALL)
    assert len(set(grouped)) == 14


def test_each_has_a_test_and_a_page_of_its_name_and_there_are_no_others() -> None:
    tests = {name for name in vars(test_scenarios) if name.startswith("test_")}
    assert tests == {name_of_test(slug) for slug in ALL}
    assert {path.stem for path in PAGES.glob("*.md")} == {*ALL, "README"}


@pytest.mark.parametrize("scenario", ALL.values(), ids=ALL.keys())
class TestEach:
    def test_asks_a_question_with_one_right_answer(self, scenario: Scenario) -> None:
        assert 3 <= len(scenario.choices) <= 4
        assert [choice.right for choice in scenario.choices].count(True) == 1
        assert scenario.question.endswith("?")
        assert 2 <= len(re.findall(r"[.)](?= |$)", scenario.explanation)) <= 6

    def test_shows_code_that_is_there(self, scenario: Scenario) -> None:
        assert scenario.code
        for path, symbol in scenario.code:
            assert symbol in (ROOT / path).read_text(), f"{symbol} in {path}"

    def test_names_a_test_that_is_there(self, scenario: Scenario) -> None:
        path, *names = scenario.test.split("::")
        assert names[-1].startswith("test_")
        assert definition(ROOT / path, names), scenario.test

    def test_has_a_page_with_its_title_code_and_tests(self, scenario: Scenario) -> None:
        page = (PAGES / f"{scenario.slug}.md").read_text()
        assert page.startswith(f"# {scenario.title}\n")
        assert 20 <= len(page.splitlines()) <= 40
        for path, symbol in scenario.code:
            assert f"`{path}` (`{symbol}`)" in page
        name = scenario.test.split("::")[-1]
        assert f"`{name}`" in page
        assert f"`{name_of_test(scenario.slug)}`" in page

    def test_is_in_the_index(self, scenario: Scenario) -> None:
        index = (PAGES / "README.md").read_text()
        assert f"[{scenario.title}]({scenario.slug}.md)" in index


def name_of_test(slug: str) -> str:
    return f"test_{slug.replace('-', '_')}"


def definition(path: Path, names: list[str]) -> ast.AST | None:
    """A class or function by its name, and what is in it by the next."""
    found: ast.AST | None = ast.parse(path.read_text())
    for name in names:
        body = getattr(found, "body", [])
        found = next((node for node in body if getattr(node, "name", "") == name), None)
    return found
