"""Flask's own session: a signed cookie that holds the user's id."""

from flask import Flask, session
from flask.typing import ResponseReturnValue

from . import EMAIL, View, add_page, is_right_password, new_app, refusal


def create_app(redis_url: str, sql_url: str) -> Flask:
    app = new_app()
    add_page(app, login_required)

    @app.post("/login")
    def login() -> ResponseReturnValue:
        if not is_right_password():
            return refusal()
        session["user_id"] = EMAIL
        return "", 204

    @app.post("/logout")
    def logout() -> ResponseReturnValue:
        session.clear()
        return "", 204

    return app


def login_required(view: View) -> View:
    return lambda: view() if "user_id" in session else refusal()
