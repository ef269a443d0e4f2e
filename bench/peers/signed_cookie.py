"""The user's id in `flask.session`, which is a signed cookie."""

from flask import Flask, session
from flask.typing import ResponseReturnValue

from . import EMAIL, new_app, page, password_is_right, refusal


def create_app(redis_url: str, sql_url: str) -> Flask:
    app = new_app()

    @app.post("/login")
    def login() -> ResponseReturnValue:
        if not password_is_right():
            return refusal()
        session["user_id"] = EMAIL
        return "", 204

    @app.post("/logout")
    def logout() -> ResponseReturnValue:
        session.clear()
        return "", 204

    @app.get("/page")
    def signed_in_page() -> ResponseReturnValue:
        return page() if "user_id" in session else refusal()

    return app
