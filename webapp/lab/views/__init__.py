"""Pages of the token lab: the user's own session live, the tour, and scenarios in a sandbox."""

from flask import Blueprint, Flask

from webapp.lab.diagram.layout import RESULT_LABELS, SIGNS, draw
from webapp.lab.diagram.matrix import SCORES
from webapp.lab.diagram.outcomes import with_outcomes
from webapp.lab.sandbox.scenarios import ALL

lab = Blueprint("lab", __name__, url_prefix="/lab")

from . import live, scenarios, tour  # noqa: E402, F401 - for their routes


def init_app(app: Flask) -> None:
    """Register the routes below /lab, and the functions that the templates call."""
    app.register_blueprint(lab)
    app.jinja_env.globals.update(
        draw=draw,
        steps_of=with_outcomes,
        signs=SIGNS,
        result_labels=RESULT_LABELS,
        policy_scores=SCORES,
        scenario_count=len(ALL),
    )
