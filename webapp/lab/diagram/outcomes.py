"""The outcome for each actor, as the last steps of a diagram."""

from webapp.core.text import N_

from .steps import Ending, Lane, Result, Run, Step

# Right, signed in → text.
OUTCOMES = {
    (True, True): N_("rightly in"),
    (True, False): N_("rightly out"),
    (False, True): N_("wrongly in"),
    (False, False): N_("wrongly out"),
}


def with_outcomes(run: Run, *, from_sign_in: bool = True) -> list[Step]:
    """The steps of a run, and the outcome for each actor in the actor's lane.

    `from_sign_in`: include the sign-in. It is the same in all runs.
    """
    last = run.steps[-1].at if run.steps else 0.0
    signed_in = (i for i, step in enumerate(run.steps, 1) if step.words.startswith("signed in"))
    first = 0 if from_sign_in else next(signed_in, 0)
    return [*run.steps[first:], *(_ending(ending, last) for ending in run.endings)]


def _ending(ending: Ending, at: float) -> Step:
    lane: Lane = "thief" if "thief" in ending.who.lower() else "browser"
    words = OUTCOMES[ending.right, ending.signed_in]
    result: Result = "good" if ending.right else "refused"
    return Step(lane, lane, words, at, result, ending.who, details={N_("why"): ending.why})
