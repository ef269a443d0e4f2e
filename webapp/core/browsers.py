"""Which browser, on which system: what a user agent says of itself."""

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ua_parser import Result


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
