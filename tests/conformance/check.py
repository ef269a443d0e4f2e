"""A check: one event that happens to a sign-in, and what has to hold after it."""

from collections.abc import Callable
from dataclasses import dataclass

from .server import Server


@dataclass(frozen=True)
class Check:
    name: str
    title: str
    """The event, in a few words."""
    felt: str
    """What the person or the thief gets when it fails."""
    source: str
    """The standard that asks for it, or "" where none does."""
    needs: tuple[str, ...]
    """Operations of the adapter without which it is not applicable."""
    run: Callable[[Server], None]
    """Raises Failed with what was seen, or NotSupported."""


def check(
    title: str, felt: str, source: str = "", *, needs: tuple[str, ...] = ()
) -> Callable[[Callable[[Server], None]], Check]:
    """Makes a check of a function, under the function's name."""

    def decorate(function: Callable[[Server], None]) -> Check:
        return Check(function.__name__, title, felt, source, needs, function)

    return decorate
