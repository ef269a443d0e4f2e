"""Which browser, on which system: what a user agent says, without its versions."""

import base64
import hashlib
from functools import lru_cache

from ua_parser import parse

# Letters kept with each session. Two kinds share them in one of 32,768 cases.
KIND_LENGTH = 3


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
