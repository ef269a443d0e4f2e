"""The conclusion of a comparison, in a line or two: derived from the outcomes of the runs."""

from collections.abc import Sequence

from webapp.core.text import N_, Message
from webapp.lab.sandbox.run import Policy

from .layout import Row
from .steps import Run, Step

ALL_EQUAL = N_(
    "All four policies end in the same way here. They differ when a refresh token is used again, "
    "and this scenario does not do that."
)
# Who, signed in → text for a wrong outcome.
WRONGED = {
    ("You", True): N_("You are wrongly in under {policies}."),
    ("You", False): N_("You are wrongly out under {policies}."),
    ("The thief", True): N_("The thief is wrongly in under {policies}."),
    ("The thief", False): N_("The thief is wrongly out under {policies}."),
}


def conclude(runs: Sequence[tuple[Policy, Run]]) -> list[str]:
    """Sentences: who is wrongly in or out under which policy, or that the policies agree."""
    ends = {tuple((e.who, e.signed_in, e.right) for e in run.endings) for _, run in runs}
    if len(ends) == 1:
        return [ALL_EQUAL]
    wronged: dict[str, list[str]] = {}
    for policy, run in runs:
        for ending in run.endings:
            if not ending.right:
                text = WRONGED[ending.who, ending.signed_in]
                wronged.setdefault(text, []).append(policy.name)
    return [Message(text, policies=_join(names)) for text, names in wronged.items()]


def first_difference(rows: Sequence[Row], other: Run) -> int:
    """The number of the first refusal or answer of Redis that is not in the other run, or 0."""
    steps = {_event(step) for step in other.steps}
    answers = (row for row in rows if row.step.source == "redis" or row.step.result == "refused")
    return next((row.number for row in answers if _event(row.step) not in steps), 0)


def _event(step: Step) -> tuple[str, ...]:
    """What happens, without the actor: parallel requests have another order in each run."""
    return step.source, step.target, step.words, step.result


def _join(names: Sequence[str]) -> Message:
    """Up to four names in one text; each has its own translation."""
    first, *more = (Message("“{name}”", name=Message(name)) for name in names)
    if not more:
        return first
    for name in more[:-1]:
        first = Message("{names}, {name}", names=first, name=name)
    return Message("{names} and {name}", names=first, name=more[-1])
