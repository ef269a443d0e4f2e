"""Runs a scenario under one of four refresh token policies, by the same session code."""

from collections.abc import Callable
from dataclasses import dataclass

from webapp.core.errors import Unavailable
from webapp.core.text import N_
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
    """The store of the policy; None for this app's own, on the real Redis."""


POLICIES: dict[str, Policy] = {
    policy.slug: policy
    for policy in (
        Policy(
            "evergreen",
            N_("Evergreen"),
            N_(
                "Rotation. For 30 s after a new refresh token was given, the same browser gets it "
                "again for the old one. After 30 s this works only if the new token was not used. "
                "Lost entries in Redis are healed from SQL."
            ),
            None,
        ),
        Policy(
            "no-rotation",
            N_("No rotation"),
            N_("One refresh token from sign-in to sign-out, stored in one place."),
            NoRotation,
        ),
        Policy(
            "no-grace",
            N_("Rotation without grace"),
            N_(
                "Each refresh token is valid once; a second use ends the session. Stored in one "
                "place."
            ),
            NoGrace,
        ),
        Policy(
            "leeway",
            N_("A fixed 10 s leeway"),
            N_(
                "The previous token gets the same successor for 10 s; later use ends the session. "
                "Stored in one place."
            ),
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
    """Play one scenario from the sign-in to its end, in a new sandbox.

    `entries`: generations in the real Redis, under a prefix of their own. `now`: Unix seconds.
    `option`: one of the scenario's options, by default the first. Raises KeyError (no such
    scenario, policy or option), Unavailable.
    """
    scenario, chosen = ALL[slug], POLICIES[policy]
    picked = option or next(iter(scenario.options), "")
    if picked and picked not in scenario.options:
        raise KeyError(picked)
    rules = chosen.rules
    box = Sandbox(rules() if rules else entries, now, sql_has_sessions=rules is None)
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
