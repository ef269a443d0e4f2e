"""What a comparison comes to, in a line: derived from how the runs have ended."""

from collections.abc import Sequence

from webapp.lab.sandbox.run import Policy

from .steps import Ending, Run

ALIKE = (
    "All four end alike here: what differs is what becomes of a refresh token that is shown once "
    "more, and nobody does that here."
)


def conclude(runs: Sequence[tuple[Policy, Run]]) -> str:
    """Who is wronged under which policy, or that nothing differs."""
    ends = {tuple((e.who, e.signed_in, e.right) for e in run.endings) for _, run in runs}
    if len(ends) == 1:
        return ALIKE
    wronged: dict[str, list[str]] = {}
    for policy, run in runs:
        for ending in run.endings:
            if not ending.right:
                wronged.setdefault(_describe(ending), []).append(policy.name)
    return " ".join(f"{told} {_listed(names)}." for told, names in wronged.items())


def _describe(ending: Ending) -> str:
    verb = "are" if ending.who == "You" else "is"
    return f"{ending.who} {verb} wrongly {'in' if ending.signed_in else 'out'} under"


def _listed(names: Sequence[str]) -> str:
    quoted = [f"“{name}”" for name in names]
    return " and ".join(filter(None, (", ".join(quoted[:-1]), quoted[-1])))
