"""The page of a mailed link that can't be used any more."""

from flask import render_template
from flask.typing import ResponseReturnValue


def void(again: str | None = None) -> ResponseReturnValue:
    """`again`: where to ask for a new one, if there is such a place."""
    return render_template("link_void.html", again=again), 410
