"""The conclusion of a comparison, in one line: derived from the outcomes of the runs."""

from collections.abc import Sequence

from webapp.lab.sandbox.run import Policy

from .steps import Ending, Run

ALL_EQUAL = (
    "All four policies end in the same way here. They differ when a refresh token is used again, "
    "and this scenario does not do that."
)


def conclude(runs: Sequence[tuple[Policy, Run]]) -> str:
    """List who is wrongly in or out under which policy, or state that the policies agree."""
    ends = {tuple((e.who, e.signed_in, e.right) for e in run.endings) for _, run in runs}
    if len(ends) == 1:
        return ALL_EQUAL
    wronged: dict[str, list[str]] = {}
    for policy, run in runs:
        for ending in run.endings:
            if not ending.right:
                wronged.setdefault(_describe(ending), []).append(policy.name)
    return " ".join(f"{outcome} {_join(names)}." for outcome, names in wronged.items())


def _describe(ending: Ending) -> str:
    verb = "are" if ending.who == "You" else "is"
    return f"{ending.who} {verb} wrongly {'in' if ending.signed_in else 'out'} under"


def _join(names: Sequence[str]) -> str:
    quoted = [f"“{name}”" for name in names]
    return " and ".join(filter(None, (", ".join(quoted[:-1]), quoted[-1])))
