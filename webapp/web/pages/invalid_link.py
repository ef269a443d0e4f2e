"""The page of a mailed link that can't be used any more."""

from flask import render_template
from flask.typing import ResponseReturnValue


def invalid_link_page(again: str | None = None, *, not_me: bool = False) -> ResponseReturnValue:
    """`again`: where to ask for a new one, if there is such a place.

    `not_me`: a link to reject a sign-in; instead of a new one there is a new password.
    """
    return render_template("invalid_link.html", again=again, not_me=not_me), 410
