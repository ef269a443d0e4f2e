"""A form that met the end of its session is not lost: its owner gets it back after signing in."""

from contextlib import suppress

from flask import request, url_for

from webapp.core.drafts import Draft
from webapp.core.errors import Unavailable
from webapp.core.grants import BROWSER_CLIENT

from . import cookies, csrf
from .services import services

NOT_KEPT = {"csrf_token", "confirmed"}
# Part of the names of all fields that hold one.
SECRET = "password"  # noqa: S105


def keep_what_was_sent() -> str | None:
    """Keep the form for the owner of this browser's dead session; the way back to it.

    Only if it came from a page of that very session: other sites can send forms, too.
    """
    if request.method != "POST" or not request.form:
        return None
    token = cookies.read(cookies.REFRESH) or cookies.read(cookies.ACCESS) or ""
    with suppress(Unavailable):
        claims = services().sessions.recognise(token, BROWSER_CLIENT, services().now())
        if claims is None or not csrf.was_made_in(claims.sid):
            return None
        draft = Draft(claims.sub, request.path, *what_was_sent())
        return url_for("pages.kept_form", draft_id=services().drafts.keep(draft))
    return None


def what_was_sent() -> tuple[list[tuple[str, str]], bool]:
    """The form's fields without its secrets, and whether there were any."""
    fields = [pair for pair in request.form.items(multi=True) if pair[0] not in NOT_KEPT]
    kept = [(name, value) for name, value in fields if SECRET not in name]
    return kept, len(kept) < len(fields)
