"""Forms belong to the session that they were made in.

Flask-WTF keeps its secret in `flask.session`, by itself a random one for each
browser. Bound to the `sid` instead, it is the same for tabs that a restarted
browser loads all at once, and another one for the next person who signs in.
"""

import hmac

from flask import current_app, request, session
from flask_wtf.csrf import validate_csrf
from wtforms import ValidationError


def bind_forms(sid: str) -> None:
    key = str(current_app.secret_key).encode()
    secret = hmac.digest(key, f"forms of {sid}".encode(), "sha256").hex()
    if session.get("csrf_token") != secret:
        session["csrf_token"] = secret


def was_made_in(sid: str) -> bool:
    """Whether the form that is being sent came from a page of that session."""
    bind_forms(sid)
    try:
        validate_csrf(request.form.get("csrf_token"))
    except ValidationError:
        return False
    return True
