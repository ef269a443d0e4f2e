"""Files of this project that the lab's pages name, to be read in the browser."""

import re
from functools import lru_cache
from pathlib import Path

from markupsafe import Markup, escape

ROOT = Path(__file__).parents[2]
# No settings, no data, and none of the folders that an app adds. What it changes in these is shown.
SHOWN = (
    *("webapp/core", "webapp/store", "webapp/web", "webapp/lab", "tests", "docs"),
    *("webapp/config_table.py", "webapp/protect.py"),
)
SUFFIXES = (".py", ".lua", ".md")


# Bounded: any client may ask for any path.
@lru_cache(maxsize=256)
def read_source(path: str) -> str | None:
    """The text of the file at this path of the repository; None if it is not shown.

    Also if it is not there: an installed package has no tests and no documents.
    """
    if not path.isprintable():
        return None
    file = (ROOT / path).resolve()
    is_shown = any(file.is_relative_to(ROOT / place) for place in SHOWN)
    return file.read_text() if is_shown and file.suffix in SUFFIXES and file.is_file() else None


def kinds_of_lines(path: str, lines: list[str]) -> list[str]:
    """Of each line: `remark` in a comment or docstring, `head` if it begins a definition or a part.

    A string over many lines counts as a docstring if its quotes begin the line.
    """
    if path.endswith(".md"):
        return ["head" if line.startswith("#") else "" for line in lines]
    kinds: list[str] = []
    around: str | None = None  # the kind of the text over many lines that a line is in
    for line in lines:
        text = line.strip()
        own = "remark" if text.startswith(("#", "--", '"""')) else ""
        own = own or ("head" if re.match(r"(async )?def |class |local function ", text) else "")
        kinds.append(own if around is None else around)
        if text.count('"""') % 2:
            around = ("remark" if own == "remark" else "") if around is None else None
    return kinds


def breakable(code: str) -> Markup:
    """A line of code as HTML. Where it is too long, it breaks after `(`, `,` or `.`."""
    return Markup(re.sub(r"(?<=\w)([(,.])(?=[^\s)])", r"\1<wbr>", str(escape(code))))  # noqa: S704 - escaped


def lines_of(source: str, text: str) -> range:
    """The numbers of the lines that a page means with this text, from 1; none if it is absent.

    `text` is code, words of a comment, or the name of a function, a class or a test
    (`TestRepeated::test_a_race`). A name means its whole definition in Python; other text means
    the first line that has it.
    """
    name = text.rpartition("::")[2]
    lines = source.splitlines()
    for wanted in (f"def {name}(", f"class {name}", f"{name} = ", name) if name else ():
        for number, line in enumerate(lines, 1):
            if wanted in line:
                is_block = line.lstrip().startswith(("def ", "class "))
                return range(
                    number, number + (_height_of_block(lines[number - 1 :]) if is_block else 1)
                )
    return range(0)


def _height_of_block(lines: list[str]) -> int:
    """How many lines the definition in the first one has, without empty ones after it."""
    indent = len(lines[0]) - len(lines[0].lstrip())
    height = 1
    for number, line in enumerate(lines[1:], 2):
        is_inside = line.startswith(" " * (indent + 1)) or line.lstrip().startswith(") ->")
        if line.strip() and not is_inside:
            break
        height = number if line.strip() else height
    return height
