"""Flask-Login with Flask-Session: the session in Redis, its id in a cookie."""

import warnings

import redis
from flask import Flask
from flask.typing import ResponseReturnValue
from flask_login import LoginManager, UserMixin, login_required, login_user, logout_user
from flask_session import Session

from . import EMAIL, add_page, is_right_password, new_app, refusal


class User(UserMixin):
    id = EMAIL


def create_app(redis_url: str, sql_url: str) -> Flask:
    app = new_app()
    app.config.update(SESSION_TYPE="redis", SESSION_REDIS=redis.Redis.from_url(redis_url))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # about its serializer for old data
        Session(app)
    manager = LoginManager(app)
    manager.user_loader({EMAIL: User()}.get)
    add_page(app, login_required)

    @app.post("/login")
    def login() -> ResponseReturnValue:
        if not is_right_password():
            return refusal()
        login_user(User())
        return "", 204

    @app.post("/logout")
    @login_required
    def logout() -> ResponseReturnValue:
        logout_user()
        return "", 204

    return app
