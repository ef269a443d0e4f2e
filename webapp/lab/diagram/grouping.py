"""Many who do the same at the same moment, drawn as one arrow: twenty are no clearer."""

from collections.abc import Hashable, Sequence
from dataclasses import replace

from .steps import Step

# So many are a crowd; fewer, such as a handful of tabs, are drawn one by one.
CROWD = 6


def group_parallel_steps(steps: Sequence[Step]) -> list[Step]:
    alike: dict[Hashable, list[int]] = {}
    for index, step in enumerate(steps):
        if step.who:
            key = (step.source, step.target, step.words, step.at, step.result)
            alike.setdefault(key, []).append(index)
    crowds = [found for found in alike.values() if len(found) >= CROWD]
    alone = set(range(len(steps))).difference(*crowds)
    # They overtake each other: a crowd stands where the one in its middle stood.
    placed = [(index, steps[index]) for index in alone]
    placed += [(found[len(found) // 2], _crowd([steps[i] for i in found])) for found in crowds]
    return [step for _, step in sorted(placed, key=lambda each: each[0])]


def _crowd(steps: list[Step]) -> Step:
    kind = steps[0].who.partition(" ")[0]
    who = ", ".join(step.who for step in steps)
    return replace(
        steps[0], who=f"{len(steps)} {kind}s", took=None, details={"who": who, **steps[0].details}
    )
