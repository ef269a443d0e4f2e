"""The same scenarios under other rules, by the same engine."""

from collections.abc import Callable
from dataclasses import dataclass

from webapp.core.errors import Unavailable
from webapp.lab.diagram.steps import Run

from .fault_injection import Inspectable
from .other_policies import Leeway, NoGrace, NoRotation
from .sandbox import Sandbox
from .scenarios import ALL


@dataclass(frozen=True)
class Policy:
    slug: str
    name: str
    description: str
    rules: Callable[[], Inspectable] | None
    """None: ours, on the real Redis."""


POLICIES: dict[str, Policy] = {
    policy.slug: policy
    for policy in (
        Policy(
            "evergreen",
            "Evergreen",
            "Rotation. The previous token gets the same successor: for 30 s after that was last "
            "handed out, whoever has shown what; after that, only as long as nobody has shown the "
            "successor. What Redis has lost, SQL heals.",
            None,
        ),
        Policy(
            "no-rotation",
            "No rotation",
            "One refresh token from login to logout, kept in one place.",
            NoRotation,
        ),
        Policy(
            "no-grace",
            "Rotation without grace",
            "Each refresh token is good once; a second use ends the session. Kept in one place.",
            NoGrace,
        ),
        Policy(
            "leeway",
            "A fixed 10 s leeway",
            "The previous token gets the same successor for 10 s; later use ends the session. "
            "Kept in one place.",
            Leeway,
        ),
    )
}


def run(
    slug: str,
    policy: str = "evergreen",
    option: str | None = None,
    *,
    entries: Inspectable,
    now: float,
) -> Run:
    """Play one scenario from login to its end, in a sandbox of its own.

    `entries` are those of the real Redis, with a prefix of their own; `now` is in Unix seconds;
    `option` chooses among a scenario's own (its first, if it is None).
    Raises KeyError (no such scenario, policy or option), Unavailable.
    """
    scenario, chosen = ALL[slug], POLICIES[policy]
    picked = option or next(iter(scenario.options), "")
    if picked and picked not in scenario.options:
        raise KeyError(picked)
    rules = chosen.rules
    box = Sandbox(rules() if rules else entries, now, sql_knows=rules is None)
    endings = scenario.play(box, picked)
    if box.redis.broken:
        raise Unavailable
    return Run(
        scenario=slug,
        policy=policy,
        steps=box.recorder.steps,
        endings=tuple(endings),
        entry=box.entry(box.you.sid),
        row=box.sql.row(box.you.sid),
        tokens=box.tokens,
    )
