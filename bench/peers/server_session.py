"""Flask-Login over Flask-Session: the session is in Redis, the cookie is its name."""

import warnings

import redis
from flask import Flask
from flask.typing import ResponseReturnValue
from flask_login import LoginManager, UserMixin, login_required, login_user, logout_user
from flask_session import Session

from . import EMAIL, new_app, page, password_is_right, refusal


class Person(UserMixin):
    id = EMAIL


def create_app(redis_url: str, sql_url: str) -> Flask:
    app = new_app()
    app.config.update(SESSION_TYPE="redis", SESSION_REDIS=redis.Redis.from_url(redis_url))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of its own serializer for old data
        Session(app)
    manager = LoginManager(app)
    manager.user_loader({EMAIL: Person()}.get)
    app.get("/page")(login_required(page))

    @app.post("/login")
    def login() -> ResponseReturnValue:
        if not password_is_right():
            return refusal()
        login_user(Person())
        return "", 204

    @app.post("/logout")
    @login_required
    def logout() -> ResponseReturnValue:
        logout_user()
        return "", 204

    return app
