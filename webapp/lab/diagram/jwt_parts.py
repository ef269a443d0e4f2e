"""Decodes a JWT into its parts for display. Verifies nothing."""

import base64
import binascii
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime

# A claim that holds Unix seconds, on a line of its own. More than 11 digits are no time.
TIME = re.compile(r'^  "(?:iat|exp)": (\d{1,11}),?$', re.MULTILINE)


@dataclass(frozen=True)
class Part:
    name: str
    """`header`, `claims`, `signature`."""
    text: str
    """The encoded text in the token."""
    content: str
    """Decoded; empty for the signature, and if it can't be decoded."""


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
