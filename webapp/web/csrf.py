"""Forms belong to the session that they were made in.

Flask-WTF keeps its secret in `flask.session`, by itself a random one for each
browser. Bound to the `sid` instead, it is the same for tabs that a restarted
browser loads all at once, and another one for the next person who signs in.
"""

import hmac
from collections.abc import Callable

import flask
from flask import Flask, current_app, g, request
from flask_wtf.csrf import CSRFError, CSRFProtect, generate_csrf, validate_csrf
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
        key = str(current_app.secret_key).encode()
        secret = hmac.digest(key, f"forms of {sid}".encode(), "sha256").hex()
        if flask.session.get("csrf_token") != secret:
            flask.session["csrf_token"] = secret


def was_made_in(sid: str) -> bool:
    """Whether the form that is being sent came from a page of that session."""
    bind_forms(sid)
    try:
        validate_csrf(request.form.get("csrf_token"))
    except ValidationError:
        return False
    return True
