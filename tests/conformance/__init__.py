"""Conformance kit for refresh tokens: does a sign-in survive the world?

It needs a server and an adapter, nothing of Evergreen. docs/conformance.md explains its use.
"""

from .adapter import Adapter, NotSupported, Refused, Tokens, Unavailable
from .checks import ALL
from .run import Outcome, Report, Result, run

__all__ = [
    "ALL",
    "Adapter",
    "NotSupported",
    "Outcome",
    "Refused",
    "Report",
    "Result",
    "Tokens",
    "Unavailable",
    "run",
]
