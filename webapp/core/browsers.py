"""Which browser, on which system: what a user agent says of itself."""

import base64
import hashlib
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ua_parser import Result


# Letters kept with each session. Two kinds share them in one of 32,768 cases.
KIND_LENGTH = 3

# The parser's names → those that people know.
COMMON_NAMES = {"Mac OS X": "macOS", "Mobile Safari": "Safari", "Chrome Mobile": "Chrome"}
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
    if not found.user_agent:
        return Description(user_agent.split("/")[0][:40].strip() or "Unknown", "", "program")
    family, major = found.user_agent.family, found.user_agent.major
    browser = f"{COMMON_NAMES.get(family, family)} {major or ''}".strip()
    if not found.os:
        return Description(browser, "", "program")
    system = found.os.family
    tablet = found.device is not None and found.device.family in TABLETS
    tablet = tablet or (system == "Android" and "Mobile" not in user_agent)
    shape = "tablet" if tablet else "phone" if system in PHONES else "desktop"
    return Description(browser, COMMON_NAMES.get(system, system), shape)


@lru_cache(maxsize=1024)
def browser_kind(user_agent: str) -> str:
    """Three letters that stand for the kind of browser on the kind of system.

    Versions do not count (browsers update themselves overnight), and neither does
    the ip (phones move).
    """
    found = parse(user_agent)
    # What the parser does not know is told apart by its first word.
    unknown = user_agent.partition("/")[0]
    browser = found.user_agent.family if found.user_agent else unknown
    system = found.os.family if found.os else ""
    kind = f"{browser} on {system}".encode("utf-8", "surrogatepass")
    return base64.b32encode(hashlib.sha256(kind).digest())[:KIND_LENGTH].decode()
