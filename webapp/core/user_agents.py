"""Browser and system names from a `User-Agent` header.

The header is untrusted, and its description appears in mails and pages ("From: sign in at
evil.example"). So no part of it is shown as it is: only names from ua-parser's own list, and
version numbers.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache

from ua_parser import parse
from ua_parser_builtins.lazy import MATCHERS

from .text import N_

# Names of ua-parser, and the common names to show instead.
COMMON_NAMES = {"Mac OS X": "macOS", "Mobile Safari": "Safari", "Chrome Mobile": "Chrome"}
UNKNOWN = N_("an unknown program")
VERSION = re.compile(r"[0-9]{1,5}")
# Names that may be shown. Without dots: mail programs turn those into links.
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 +_()&/-]{0,39}")
# One of the alternatives in a pattern of ua-parser.
ALTERNATIVE = re.compile(r"(?<=[(|])(?:\?:)?((?:[^()|\\\[\]?*+.^$]|\\[^a-zA-Z])+)(?=[)|])")
PHONES, TABLETS = {"iOS", "Android"}, {"iPad"}


@dataclass(frozen=True)
class Description:
    """`Chrome 142` on `Windows`. `shape` is `desktop`, `phone`, `tablet` or `program`."""

    browser: str
    system: str
    shape: str

    def __str__(self) -> str:
        return f"{self.browser} on {self.system}" if self.system else self.browser


@lru_cache(maxsize=1024)
def describe(user_agent: str) -> Description:
    """The browser, system and kind of device of a `User-Agent`."""
    result = parse(user_agent)
    browsers, systems = known_names()
    family = result.user_agent.family if result.user_agent else ""
    system = result.os.family if result.os else ""
    if not result.user_agent or family not in browsers:
        return Description(UNKNOWN, "", "program")
    major = result.user_agent.major or ""
    version = major if VERSION.fullmatch(major) else ""
    browser = f"{COMMON_NAMES.get(family, family)} {version}".strip()
    if system not in systems:
        return Description(browser, "", "program")
    tablet = result.device is not None and result.device.family in TABLETS
    tablet = tablet or (system == "Android" and "Mobile" not in user_agent)
    shape = "tablet" if tablet else "phone" if system in PHONES else "desktop"
    return Description(browser, COMMON_NAMES.get(system, system), shape)


@cache
def known_names() -> tuple[frozenset[str], frozenset[str]]:
    """The names of browsers and of systems that ua-parser's patterns contain literally.

    Some of its patterns copy any text that is followed by "bot" or by a version.
    """
    browsers, systems, _ = (
        frozenset(name for each in matchers for name in _names(each.family or "$1", each.regex))
        for matchers in MATCHERS
    )
    return browsers, systems


def _names(family: str, pattern: str) -> Iterator[str]:
    """The possible names. `family` is a name, or has `$1` for the first group of `pattern`."""
    words = [re.sub(r"\\(.)", r"\1", word) for word in ALTERNATIVE.findall(pattern)]
    for word in words if "$1" in family else [""]:
        name = family.replace("$1", word)
        if NAME.fullmatch(name):
            yield name
