"""The page of a mailed link that can't be used any more."""

from flask import render_template
from flask.typing import ResponseReturnValue


def invalid_link_page(again: str | None = None) -> ResponseReturnValue:
    """`again`: where to ask for a new one, if there is such a place."""
    return render_template("invalid_link.html", again=again), 410
