"""The definition of a scenario, and the judgement of its outcome."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from webapp.core.end_reasons import EndReason
from webapp.core.text import N_, Message
from webapp.lab.diagram.steps import YOU_IN, Ending
from webapp.lab.sandbox.actors import Browser
from webapp.lab.sandbox.sandbox import Sandbox


@dataclass(frozen=True)
class Choice:
    """One answer to "What do you think happens?"."""

    words: str
    right: bool = False


@dataclass(frozen=True)
class Scenario:
    """Its texts are English, and translated where they are shown."""

    slug: str
    title: str
    story: str
    """One line."""
    choices: tuple[Choice, ...]
    """Three or four, of which one is right under Evergreen's policy."""
    explanation: str
    code: tuple[tuple[str, str], ...]
    """Further reading: a path in the repository, and a text to search for in it."""
    test: str
    """`path::name` of the test of this behaviour."""
    play: Callable[[Sandbox, str], list[Ending]]
    question: str = N_("What do you think happens?")
    options: Mapping[str, str] = field(default_factory=dict)
    """Variants to choose from: name and label."""
    outcome: tuple[str, ...] = (YOU_IN,)
    """Of each actor under Evergreen's policy, in short."""
    folds: bool = True
    """Whether the player hides routine steps at first; not where the point is in one of them."""


# End reason → text for an owner who was signed out wrongly.
ACCIDENT_TEXT: dict[str, str] = {
    EndReason.REUSE: N_("Signed out by accident: a harmless repeat was treated as theft."),
    EndReason.UNKNOWN: N_(
        "Signed out by accident: the session was stored in one place only, and is lost."
    ),
}
PROTECTED = N_("Signed out on purpose, with the reason: a copy of the sign-in was used.")


def owner(browser: Browser, *, stolen: bool = False) -> Ending:
    """The outcome for an owner, who should be in. `stolen`: an end for reuse is right, too."""
    signed_in, why_out = check_signed_in(browser)
    if signed_in:
        return Ending(browser.name, True, True, N_("Still signed in: no new sign-in was needed."))
    if stolen and why_out == EndReason.REUSE:
        return Ending(browser.name, False, True, PROTECTED)
    accident = ACCIDENT_TEXT.get(why_out) or Message("Signed out: {reason}.", reason=why_out)
    return Ending(browser.name, False, False, accident)


def tab(number: int) -> Message:
    """The name of a tab as an actor."""
    return Message("tab {number}", number=number)


def outsider(browser: Browser, out: str, in_: str) -> Ending:
    """The outcome for a client who should be out, with the text for each case."""
    signed_in = check_signed_in(browser)[0]
    return Ending(browser.name, signed_in, not signed_in, in_ if signed_in else out)


def check_signed_in(browser: Browser) -> tuple[bool, str]:
    """Whether one more request succeeds, and the reason if not. Sends none after a sign-out."""
    if browser.why_out:
        return False, browser.why_out
    reply = browser.click()
    return reply.status == 200, reply.reason
