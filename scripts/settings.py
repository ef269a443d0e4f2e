"""`python3 -m scripts.settings`: write the table of settings in docs/operations.md anew."""

import re
from dataclasses import Field, fields
from pathlib import Path
from typing import Any

from scripts.bootstrap import ROOT, ensure, say

PAGE = ROOT / "docs" / "operations.md"
# The table is all that stands between two lines.
TABLE = re.compile(r"(?<=\n<!-- settings -->\n).*?(?=<!-- end of settings -->\n)", re.DOTALL)
UNITS = {"d": 86400, "h": 3600, "m": 60, "s": 1}


def main() -> None:
    ensure("app")
    PAGE.write_text(in_step(PAGE.read_text()))
    say(f"{PAGE.relative_to(ROOT)} names every setting.")


def in_step(page: str) -> str:
    """The page with the table as the settings' own words have it. Raises ValueError: no place."""
    changed, found = TABLE.subn(lambda _: table(), page)
    if found != 1:
        raise ValueError(f"{found} places for the table of settings, where one should be")
    return changed


def table() -> str:
    from webapp.config import Settings, env_name

    lines = ["| setting | default | |", "|---|---|---|"]
    for option in fields(Settings):
        words = option.metadata["doc"].replace("|", "\\|")
        lines.append(f"| `{env_name(option.name)}` | {default(option)} | {words} |")
    return "\n".join(lines) + "\n"


def default(option: Field[Any]) -> str:
    """As one would write it in the environment."""
    value: Any = option.default
    if value is None or value == "":
        takes_auto = option.metadata["parse"].__name__ == "automatic_flag"
        return "`auto`" if takes_auto else ""
    if isinstance(value, Path):
        value = value.relative_to(ROOT)
    if isinstance(value, bool):
        value = str(value).lower()
    elif option.metadata["parse"].__qualname__.startswith("seconds."):
        value = duration(value)
    return f"`{value}`"


def duration(seconds: int) -> str:
    unit = next(unit for unit, size in UNITS.items() if seconds % size == 0)
    return f"{seconds // UNITS[unit]}{unit}"


if __name__ == "__main__":
    main()
