"""Forms belong to the session that they were made in.

Flask-WTF keeps its secret in `flask.session`, by itself a random one for each
browser. Bound to the `sid` instead, it is the same for tabs that a restarted
browser loads all at once, and another one for the next person who signs in.
"""

import hmac
from collections.abc import Callable
from typing import NamedTuple

import flask
from flask import Flask, current_app, g, request
from flask_wtf.csrf import CSRFError, CSRFProtect, generate_csrf, validate_csrf
from itsdangerous import BadData, URLSafeTimedSerializer
from wtforms import ValidationError

protection = CSRFProtect()


def install(app: Flask) -> None:
    # The hook asks for the check, after it knows whose form it would be.
    app.config["WTF_CSRF_CHECK_DEFAULT"] = False
    protection.init_app(app)
    app.context_processor(lambda: {"csrf_token": csrf_token})


def check_form(own_sessions: Callable[[], set[str]]) -> None:
    """Of a request that changes something. Raises CSRFError (a 400).

    A public page does not know its visitor: a form that one of this browser's own sessions was
    shown, such as that of the log-out, is as good there, also when `flask.session` is lost.
    """
    bind_forms()
    try:
        protection.protect()
    except CSRFError:
        if not any(was_made_in(sid) for sid in own_sessions()):
            raise
        protection.protect()  # which asks as well where the form comes from


def csrf_token() -> str:
    """For forms that templates write by hand."""
    bind_forms()
    return str(generate_csrf())


def bind_forms(sid: str | None = None) -> None:
    """Before a form is made or checked: to a session, by itself to that of the request."""
    visitor = g.get("visitor")
    sid = sid or (visitor.access.sid if visitor else None)
    if sid:
        sent = sent_token() if request.method == "POST" else None
        kept_form = sent.kept_form if sent and sent.sid == sid else g.get("kept_form", "")
        secret = FormToken(sid, kept_form).to_secret()
        if flask.session.get("csrf_token") != secret:
            flask.session["csrf_token"] = secret


class FormToken(NamedTuple):
    """What the `csrf_token` of a form says: it is signed."""

    sid: str
    """Of the session whose page made the form. So whose it is shows without cookies as well."""
    kept_form: str = ""
    """The id of a form that had been kept, and is on that page to be sent (drafts.py)."""

    def to_secret(self) -> str:
        key = str(current_app.secret_key).encode()
        mac = hmac.digest(key, f"forms of {self.sid} {self.kept_form}".encode(), "sha256").hex()
        return f"{self.sid}.{self.kept_form}.{mac}"


def sent_token() -> FormToken | None:
    """Of the form that is being sent, however old; None: a guest's page made it, or none of ours.

    A page that shows the form again, with its errors, passes it on.
    """
    serializer = URLSafeTimedSerializer(str(current_app.secret_key), salt="wtf-csrf-token")
    text = request.form.get("csrf_token") or request.headers.get("X-CSRFToken", "")
    try:
        secret = str(serializer.loads(text))
    except BadData:
        return None
    parts = secret.split(".")
    token = FormToken(*parts[:2])
    return token if hmac.compare_digest(secret, token.to_secret()) else None


def was_made_in(sid: str) -> bool:
    """Whether the form that is being sent came from a page of that session."""
    bind_forms(sid)
    try:
        validate_csrf(request.form.get("csrf_token"))
    except ValidationError:
        return False
    return True
