"""Forms belong to the session that they were made in.

Flask-WTF keeps its secret in `flask.session`, by itself a random one for each
browser. Bound to the `sid` instead, it is the same for tabs that a restarted
browser loads all at once, and another one for the next person who signs in.
"""

import hmac

from flask import current_app, session


def bind_forms(sid: str) -> None:
    key = str(current_app.secret_key).encode()
    secret = hmac.digest(key, f"forms of {sid}".encode(), "sha256").hex()
    if session.get("csrf_token") != secret:
        session["csrf_token"] = secret
