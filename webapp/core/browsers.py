"""Which browser, on which system: what a user agent says, without its versions."""

from functools import lru_cache

from ua_parser import parse


def same_browser(user_agent: str, other: str) -> bool:
    """Whether two user agents are the same kind of browser on the same kind of system.

    Versions do not count (browsers update themselves overnight), and neither
    does the ip (phones move).
    """
    return user_agent == other or _kind(user_agent) == _kind(other)


@lru_cache(maxsize=1024)
def _kind(user_agent: str) -> tuple[str, str]:
    found = parse(user_agent)
    # What the parser does not know is told apart by its first word.
    unknown = user_agent.partition("/")[0]
    browser = found.user_agent.family if found.user_agent else unknown
    system = found.os.family if found.os else ""
    return browser, system
