"""Flask-JWT-Extended with its tokens in cookies."""

from datetime import timedelta

from flask import Flask, Response
from flask.typing import ResponseReturnValue
from flask_jwt_extended import (
    JWTManager,
    create_access_token,
    create_refresh_token,
    jwt_required,
    set_access_cookies,
    set_refresh_cookies,
    unset_jwt_cookies,
)

from . import EMAIL, LIFETIME, new_app, page, password_is_right, refusal


def create_app(redis_url: str, sql_url: str) -> Flask:
    app = new_app()
    app.config.update(
        JWT_TOKEN_LOCATION=["cookies"], JWT_ACCESS_TOKEN_EXPIRES=timedelta(seconds=LIFETIME)
    )
    JWTManager(app)
    app.get("/page")(jwt_required()(page))

    @app.post("/login")
    def login() -> ResponseReturnValue:
        return with_new_tokens() if password_is_right() else refusal()

    @app.post("/logout")
    def logout() -> ResponseReturnValue:
        answer = Response(status=204)
        unset_jwt_cookies(answer)
        return answer

    return app


def with_new_tokens() -> Response:
    answer = Response(status=204)
    set_access_cookies(answer, create_access_token(EMAIL))
    set_refresh_cookies(answer, create_refresh_token(EMAIL))
    return answer
