"""`python3 -m scripts.settings`: write docs/settings.md's table from the one in the code."""

import re
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from scripts.bootstrap import ROOT, ensure, say

PAGE = ROOT / "docs" / "settings.md"
# The table is between these two lines.
TABLE = re.compile(r"(?<=\n<!-- settings -->\n).*?(?=<!-- end of settings -->\n)", re.DOTALL)


def main() -> None:
    ensure("app")
    PAGE.write_text(with_table(PAGE.read_text()))
    say(f"{PAGE.relative_to(ROOT)} names every setting.")


def with_table(page: str) -> str:
    """The page with a new table. Raises ValueError: the page has no place for it, or several."""
    changed, found = TABLE.subn(lambda _: table(), page)
    if found != 1:
        raise ValueError(f"{found} places for the table of settings, where one should be")
    return changed


def table() -> str:
    from webapp.config_table import SettingsTable
    from webapp.config_types import env_name

    lines = ["| setting | default | |", "|---|---|---|"]
    for option in fields(SettingsTable):
        text = option.metadata["doc"].replace("|", "\\|")
        lines.append(f"| `{env_name(option.name)}` | {default(option.metadata)} | {text} |")
    return "\n".join(lines) + "\n"


def default(facts: Mapping[str, Any]) -> str:
    if facts["required"]:
        return "required in production"
    return f"`{facts['default']}`" if facts["default"] else ""


if __name__ == "__main__":
    main()
