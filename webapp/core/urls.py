"""Checks of URLs in settings. No error message quotes the value: it may hold a password."""

import re
from ipaddress import IPv6Address

LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
HOST = re.compile(rf"(?=.{{1,253}}$){LABEL}(?:\.{LABEL})*\.?")
PORT = re.compile(r"[0-9]{1,5}")

ESCAPES = "in a user or password, write : / ? # @ [ ] % as %3A %2F %3F %23 %40 %5B %5D %25"


class Unreadable(ValueError):
    """A setting has the wrong form. The message is one line and holds no part of the setting."""


def check_host(text: str) -> str:
    """A host name in ASCII, or an IP address without brackets. Raises Unreadable."""
    try:
        if ":" in text:
            IPv6Address(text)
            return text
    except ValueError:
        raise Unreadable(f"the host is not an IPv6 address; {ESCAPES}") from None
    if not HOST.fullmatch(text):
        raise Unreadable(f"the host must be a name (in ASCII) or an IP address; {ESCAPES}")
    return text


def check_port(text: str) -> int:
    """Raises Unreadable."""
    if not PORT.fullmatch(text) or not 0 < int(text) < 65536:
        raise Unreadable(f"the port must be a number from 1 to 65535; {ESCAPES}")
    return int(text)
