"""Equal steps of many actors at the same moment, merged into one arrow."""

from collections.abc import Hashable, Sequence
from dataclasses import replace

from webapp.core.text import N_, Message

from .steps import Step

# The first word of an actor's name → the name of many of them.
GROUPS = {"request": N_("{count} requests"), "tab": N_("{count} tabs")}
# The steps of fewer actors than this, such as those of five tabs, are drawn one by one.
MIN_GROUP = 6


def group_parallel_steps(steps: Sequence[Step]) -> list[Step]:
    """Merge steps with equal lanes, words, time and result that at least MIN_GROUP actors make."""
    alike: dict[Hashable, list[int]] = {}
    for index, step in enumerate(steps):
        if step.who:
            key = (step.source, step.target, step.words, step.at, step.result)
            alike.setdefault(key, []).append(index)
    groups = [same for same in alike.values() if len({steps[i].who for i in same}) >= MIN_GROUP]
    single = set(range(len(steps))).difference(*groups)
    # Parallel requests overtake each other: a group takes the place of its median step.
    placed = [(index, steps[index]) for index in single]
    placed += [(group[len(group) // 2], _merge([steps[i] for i in group])) for group in groups]
    return [step for _, step in sorted(placed, key=lambda pair: pair[0])]


def _merge(steps: list[Step]) -> Step:
    kind = steps[0].who.partition(" ")[0]
    actors = dict.fromkeys(step.who for step in steps)  # one may make the step twice
    numbers = ", ".join(who.partition(" ")[2] for who in actors)
    return replace(
        steps[0],
        who=Message(GROUPS[kind], count=len(actors)),
        took=None,
        details={N_("who"): numbers, **steps[0].details},
    )
