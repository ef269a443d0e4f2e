"""The token lab: one's own session under glass, and what can go wrong, tried on a sandbox."""

from flask import Blueprint, Flask

from webapp.lab.diagram.layout import RESULT_LABELS, SIGNS, draw
from webapp.lab.diagram.outcomes import with_outcomes

lab = Blueprint("lab", __name__, url_prefix="/lab")

from . import live, scenarios, tour  # noqa: E402, F401 - they add their routes


def init_app(app: Flask) -> None:
    """Without this call the app has no route below /lab."""
    app.register_blueprint(lab)
    app.jinja_env.globals.update(
        draw=draw, steps_of=with_outcomes, signs=SIGNS, result_labels=RESULT_LABELS
    )
