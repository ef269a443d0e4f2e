"""What a scenario is, and how its end is judged."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from webapp.core.end_reasons import EndReason
from webapp.lab.diagram.steps import Ending
from webapp.lab.sandbox.actors import Browser
from webapp.lab.sandbox.sandbox import Sandbox


@dataclass(frozen=True)
class Choice:
    """One answer to "What do you think happens?"."""

    words: str
    right: bool = False


@dataclass(frozen=True)
class Scenario:
    slug: str
    title: str
    story: str
    """One line."""
    choices: tuple[Choice, ...]
    """Three or four, one of them right, under Evergreen's rules."""
    explanation: str
    code: tuple[tuple[str, str], ...]
    """Where to read on: a path in the repository, and what to look for in it."""
    test: str
    """`path::name` of the test that holds it."""
    play: Callable[[Sandbox, str], list[Ending]]
    question: str = "What do you think happens?"
    options: Mapping[str, str] = field(default_factory=dict)
    """By name: what can be chosen beforehand."""


# What an honest client's sign-out was taken for.
ACCIDENTS: dict[str, str] = {
    EndReason.REUSE: "Signed out by accident: an honest repeat was taken for theft.",
    EndReason.UNKNOWN: "Signed out by accident: the only store that knew the session lost it.",
}
OUT_OF_PROTECTION = "Signed out on purpose, and told why: a copy of the sign-in was used."


def owner(browser: Browser, *, robbed: bool = False) -> Ending:
    """One who should be in; `robbed`: or out, with the thief."""
    signed_in, why_out = click_once_more(browser)
    if signed_in:
        return Ending(browser.name, True, True, "Still signed in, as if nothing had happened.")
    if robbed and why_out == EndReason.REUSE:
        return Ending(browser.name, False, True, OUT_OF_PROTECTION)
    return Ending(browser.name, False, False, ACCIDENTS.get(why_out, f"Signed out: {why_out}."))


def outsider(browser: Browser, out: str, in_: str) -> Ending:
    """One who should be out; what to say of each."""
    signed_in = click_once_more(browser)[0]
    return Ending(browser.name, signed_in, not signed_in, in_ if signed_in else out)


def click_once_more(browser: Browser) -> tuple[bool, str]:
    """Whether that leads in; otherwise why not. Who knows to be out need not try."""
    if browser.why_out:
        return False, browser.why_out
    reply = browser.click()
    return reply.status == 200, reply.reason
