"""The label of an arrow for what Redis answers about a generation."""

from webapp.core.ports import GenerationResult, Outcome
from webapp.core.text import N_, Message

from .steps import Result

RESULTS: dict[Outcome, tuple[str, Result]] = {
    Outcome.ROTATED: (N_("rotated to {gen}"), "good"),
    Outcome.REPEATED: (N_("given {gen} again"), "good"),
    Outcome.HEALED: (N_("healed: {gen}"), "good"),
    Outcome.REUSED: (N_("reused: a copy"), "refused"),
    Outcome.ENDED: (N_("ended: {reason}"), "refused"),
    Outcome.ALIVE: (N_("open, at {gen}"), "good"),
    Outcome.MISSING: (N_("no entry"), "plain"),
}

# An outcome in one or two words.
OUTCOMES: dict[Outcome, str] = {
    Outcome.ROTATED: N_("rotated"),
    Outcome.REPEATED: N_("repeated"),
    Outcome.HEALED: N_("healed"),
    Outcome.REUSED: N_("reused"),
    Outcome.ENDED: N_("ended"),
    Outcome.ALIVE: N_("open"),
    Outcome.MISSING: N_("no entry"),
}


def describe_generation(answer: GenerationResult) -> tuple[Message, Result]:
    text, result = RESULTS[answer.outcome]
    return Message(text, gen=answer.gen, reason=answer.reason), result
