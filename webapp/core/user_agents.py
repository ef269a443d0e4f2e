"""Which browser, on which system: what a user agent says of itself.

A `User-Agent` is a stranger's text, and what is made of it here stands in genuine letters and
pages ("From: sign in at evil.example"). So no part of it is ever shown: only names from
ua-parser's own list, and numbers of versions.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ua_parser import Result


# The parser's names → those that people know.
COMMON_NAMES = {"Mac OS X": "macOS", "Mobile Safari": "Safari", "Chrome Mobile": "Chrome"}
UNKNOWN = "an unknown program"
VERSION = re.compile(r"[0-9]{1,5}")
# Of names that may be shown. None with a dot: mail programs make links of those.
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 +_()&/-]{0,39}")
# In a pattern of ua-parser: one of the words between which it chooses.
ALTERNATIVE = re.compile(r"(?<=[(|])(?:\?:)?((?:[^()|\\\[\]?*+.^$]|\\[^a-zA-Z])+)(?=[)|])")
PHONES, TABLETS = {"iOS", "Android"}, {"iPad"}


@dataclass(frozen=True)
class Description:
    """For people: `Chrome 142` on `Windows`, a `desktop`, `phone`, `tablet` or `program`."""

    browser: str
    system: str
    shape: str

    def __str__(self) -> str:
        return f"{self.browser} on {self.system}" if self.system else self.browser


def parse(user_agent: str) -> "Result":
    from ua_parser import parse  # its patterns take long to load: not before they are needed

    return parse(user_agent)


@lru_cache(maxsize=1024)
def describe(user_agent: str) -> Description:
    found = parse(user_agent)
    browsers, systems = known_names()
    family = found.user_agent.family if found.user_agent else ""
    system = found.os.family if found.os else ""
    if not found.user_agent or family not in browsers:
        return Description(UNKNOWN, "", "program")
    major = found.user_agent.major or ""
    version = major if VERSION.fullmatch(major) else ""
    browser = f"{COMMON_NAMES.get(family, family)} {version}".strip()
    if system not in systems:
        return Description(browser, "", "program")
    tablet = found.device is not None and found.device.family in TABLETS
    tablet = tablet or (system == "Android" and "Mobile" not in user_agent)
    shape = "tablet" if tablet else "phone" if system in PHONES else "desktop"
    return Description(browser, COMMON_NAMES.get(system, system), shape)


@cache
def known_names() -> tuple[frozenset[str], frozenset[str]]:
    """Of browsers and of systems: what ua-parser's list itself spells out.

    Some of its patterns take over any text that is followed by "bot" or by a version.
    """
    from ua_parser_builtins.lazy import MATCHERS

    browsers, systems, _ = (
        frozenset(name for each in matchers for name in _names(each.family or "$1", each.regex))
        for matchers in MATCHERS
    )
    return browsers, systems


def _names(family: str, pattern: str) -> Iterator[str]:
    """`family` is a name, or holds `$1` for what the first group of the pattern matches."""
    words = [re.sub(r"\\(.)", r"\1", word) for word in ALTERNATIVE.findall(pattern)]
    for word in words if "$1" in family else [""]:
        name = family.replace("$1", word)
        if NAME.fullmatch(name):
            yield name
