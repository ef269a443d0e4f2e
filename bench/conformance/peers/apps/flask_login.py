"""Flask-Login with Flask-Session: the session in Redis, its id in a cookie.

The cookie is SameSite=Lax, as Flask's page on security has it; a login makes a new session id, as
Flask-Session's page on security has it.
"""

import os
import warnings

import redis
from flask import Flask, request, session
from flask.typing import ResponseReturnValue
from flask_login import LoginManager, UserMixin, login_required, login_user, logout_user
from flask_session import Session

from bench.peers import EMAIL, is_right_password

from .accounts import SECRET, Account, add_operator


class User(UserMixin):
    id = EMAIL

    @property
    def is_active(self) -> bool:
        return not account.disabled


account, user = Account(), User()
app = Flask(__name__)
app.config.update(
    SECRET_KEY=SECRET,
    SESSION_TYPE="redis",
    SESSION_REDIS=redis.Redis.from_url(os.environ["REDIS_URL"]),
    SESSION_COOKIE_SAMESITE="Lax",
)
with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # about its serializer for old data
    Session(app)
LoginManager(app).user_loader({EMAIL: user}.get)
add_operator(app, account)


@app.post("/login")
def login() -> ResponseReturnValue:
    if not is_right_password() or not login_user(user):
        return "Please sign in.", 401
    app.session_interface.regenerate(session)  # type: ignore[attr-defined]
    return "", 204


@app.post("/logout")
@login_required
def logout() -> ResponseReturnValue:
    logout_user()
    return "", 204


@app.get("/page")
@login_required
def page() -> ResponseReturnValue:
    return f"Hello, {request.remote_addr}."
