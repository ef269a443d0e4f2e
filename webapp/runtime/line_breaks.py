"""Where a line may break in long addresses."""

import re

from markupsafe import Markup, escape

ADDRESS = re.compile(r"[^\s@<>]+@[^\s@<>]+|[\da-f]+:[\da-f:]+")
# Letters of an address that has a line of its own on every screen.
SHORT = 20


def breakable(text: str) -> Markup:
    """Long e-mail and IPv6 addresses in it may break after “@”, “.” and “:”."""
    return Markup(ADDRESS.sub(_with_breaks, str(escape(text))))  # noqa: S704


def _with_breaks(address: re.Match[str]) -> str:
    return address[0] if len(address[0]) <= SHORT else re.sub(r"[@.:]", r"\g<0><wbr>", address[0])
