"""A token taken apart, to be looked at. Nothing is believed of it."""

import base64
import binascii
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime

# A claim that is a time, on a line of its own; of few enough digits to be one.
TIME = re.compile(r'^  "(?:iat|exp)": (\d{1,11}),?$', re.MULTILINE)


@dataclass(frozen=True)
class Part:
    name: str
    """`header`, `claims`, `signature`."""
    text: str
    """As it stands in the token."""
    content: str
    """As people read it; empty if it can't be read."""


def decode(token: str) -> list[Part]:
    names = ("header", "claims", "signature")
    return [
        Part(name, text, "" if name == "signature" else _read(text))
        for name, text in zip(names, token.split("."), strict=False)
    ]


def _read(text: str) -> str:
    try:
        facts = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (ValueError, binascii.Error):
        return ""
    return TIME.sub(_with_clock, json.dumps(facts, indent=2))


def _with_clock(line: re.Match[str]) -> str:
    return f"{line[0]}  // {datetime.fromtimestamp(int(line[1]), UTC):%Y-%m-%d %H:%M:%S} UTC"
