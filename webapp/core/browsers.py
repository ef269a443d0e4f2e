"""Which browser, on which system: what a user agent says, without its versions."""

import hashlib
from functools import lru_cache

from ua_parser import parse

# Letters kept with each session. Two kinds share them in one of 65,536 cases.
KIND_LENGTH = 4


@lru_cache(maxsize=1024)
def browser_kind(user_agent: str) -> str:
    """Four letters that stand for the kind of browser on the kind of system.

    Versions do not count (browsers update themselves overnight), and neither does
    the ip (phones move).
    """
    found = parse(user_agent)
    # What the parser does not know is told apart by its first word.
    unknown = user_agent.partition("/")[0]
    browser = found.user_agent.family if found.user_agent else unknown
    system = found.os.family if found.os else ""
    digest = hashlib.sha256(f"{browser} on {system}".encode("utf-8", "surrogatepass"))
    return digest.hexdigest()[:KIND_LENGTH]
