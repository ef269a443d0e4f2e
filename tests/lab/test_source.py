"""Which files the lab shows, and which line of them."""

from pathlib import Path

import pytest

from webapp.lab.source import ROOT, SHOWN, breakable, kinds_of_lines, lines_of, read_source


@pytest.mark.parametrize("path", ["webapp/core/sessions.py", "docs/how-it-works.md"])
def test_a_file_of_the_project_is_shown(path: str) -> None:
    assert read_source(path) == (ROOT / path).read_text()


@pytest.mark.parametrize(
    "path",
    [
        *("app.py", "pyproject.toml", "instance/secrets.json", ".env", "webapp/config.py"),
        *("webapp/core/../config.py", "webapp/core/../../app.py", "/etc/passwd"),
        *("webapp/core", "webapp/core/no_such.py", "webapp/core/\0", "x" * 5000),
    ],
)
def test_nothing_else_is_shown(path: str) -> None:
    assert read_source(path) is None


def test_a_link_out_of_the_project_is_not_followed(tmp_path: Path) -> None:
    secret = tmp_path / "secret.py"
    secret.write_text("key")
    link = ROOT / SHOWN[0] / "link_of_a_test.py"
    link.symlink_to(secret)
    try:
        assert read_source(f"{SHOWN[0]}/{link.name}") is None
    finally:
        link.unlink()


def test_paths_that_do_not_exist_do_not_fill_the_memory() -> None:
    for number in range(1000):
        read_source(f"docs/{number}.md")
    assert read_source.cache_info().currsize < 1000


SOURCE = """# ended is a word
print(LIMIT, ended())
LIMIT = 1
def ended(
    now,
) -> bool:
    x = 1

    return x

class TestHealed:
    def test_it(self): ...

    def test_more(self): ...
# the end
"""


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        *(("ended", [4, 5, 6, 7, 8, 9]), ("TestHealed", [11, 12, 13, 14])),
        *(("TestHealed::test_it", [12]), ("LIMIT", [3]), ("is a word", [1])),
        *(("absent", []), ("", [])),
    ],
)
def test_a_name_means_its_whole_definition(text: str, numbers: list[int]) -> None:
    assert list(lines_of(SOURCE, text)) == numbers


CODE = '''"""A module."""
QUERY = """
# no remark
"""
def ended(now):
    """Whether it has.

    def no_head(): a word.
    """
    # At last.
    return now > 1
'''


def test_remarks_and_heads_are_told_from_other_lines() -> None:
    kinds = ["remark", "", "", "", "head", *["remark"] * 5, ""]
    assert kinds_of_lines("x.py", CODE.splitlines()) == kinds
    assert kinds_of_lines("x.lua", ["-- remark", "return 1"]) == ["remark", ""]
    assert kinds_of_lines("x.md", ["# Title", "text"]) == ["head", ""]


def test_a_line_of_code_breaks_between_names() -> None:
    assert breakable("a.b(c, d<e)") == "a.<wbr>b(<wbr>c, d&lt;e)"
