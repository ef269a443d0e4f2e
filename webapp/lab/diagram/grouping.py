"""Equal steps of many actors at the same moment, merged into one arrow."""

from collections.abc import Hashable, Sequence
from dataclasses import replace

from .steps import Step

# Fewer equal steps than this, such as those of five tabs, are drawn one by one.
MIN_GROUP = 6


def group_parallel_steps(steps: Sequence[Step]) -> list[Step]:
    """Steps with equal lanes, words, time and result merged, if there are at least MIN_GROUP."""
    alike: dict[Hashable, list[int]] = {}
    for index, step in enumerate(steps):
        if step.who:
            key = (step.source, step.target, step.words, step.at, step.result)
            alike.setdefault(key, []).append(index)
    groups = [indices for indices in alike.values() if len(indices) >= MIN_GROUP]
    single = set(range(len(steps))).difference(*groups)
    # Parallel requests overtake each other: a group takes the place of its median step.
    placed = [(index, steps[index]) for index in single]
    placed += [(group[len(group) // 2], _merge([steps[i] for i in group])) for group in groups]
    return [step for _, step in sorted(placed, key=lambda pair: pair[0])]


def _merge(steps: list[Step]) -> Step:
    kind = steps[0].who.partition(" ")[0]
    who = ", ".join(step.who for step in steps)
    return replace(
        steps[0], who=f"{len(steps)} {kind}s", took=None, details={"who": who, **steps[0].details}
    )
