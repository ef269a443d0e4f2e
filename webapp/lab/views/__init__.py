"""Pages of the token lab: the user's own session live, the tour, and scenarios in a sandbox."""

from collections.abc import Sequence

from flask import Blueprint, Flask, url_for
from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from webapp.lab.architectures import GRADE_SIGNS
from webapp.lab.diagram.comparison import first_difference
from webapp.lab.diagram.layout import RESULT_LABELS, SIGNS, Picture, draw
from webapp.lab.diagram.matrix import SCORES
from webapp.lab.diagram.outcomes import with_outcomes
from webapp.lab.diagram.steps import Step
from webapp.lab.glossary import WORDS, explain_first_mentions
from webapp.lab.lifetimes import format_rate, format_span
from webapp.lab.sandbox.scenarios import ALL
from webapp.lab.source import read_source
from webapp.web.language import gettext

lab = Blueprint("lab", __name__, url_prefix="/lab")

from . import live, reference, scenarios, script_texts, source, tour  # noqa: E402, F401 - for their routes


def init_app(app: Flask) -> None:
    """Register the routes below /lab, and the functions that the templates call."""
    app.register_blueprint(lab)
    app.jinja_env.globals.update(
        draw=translated_picture,
        first_difference=first_difference,
        live_texts=script_texts.live_texts,
        player_texts=script_texts.player_texts,
        has_source=lambda path: read_source(path) is not None,
        steps_of=with_outcomes,
        signs=SIGNS,
        result_labels=RESULT_LABELS,
        grade_signs=GRADE_SIGNS,
        glossary=WORDS,
        policy_scores=SCORES,
        scenario_count=len(ALL),
    )
    app.jinja_env.filters.update(explain_terms=explain_terms, span=span, rate=format_rate)


def translated_picture(steps: Sequence[Step], endings: int = 0) -> Picture:
    return draw(steps, endings, gettext)


@pass_context
def span(_context: Context, seconds: float) -> str:
    """A length of time in the language of the reader, in one line.

    With the context, as Jinja would compute `3600 | span` once, in the language of the first page.
    """
    return gettext(format_span(seconds)).replace(" ", "\N{NO-BREAK SPACE}")


def explain_terms(html: str) -> Markup:
    return explain_first_mentions(html, url_for("lab.questions"), gettext)
