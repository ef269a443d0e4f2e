"""Flask-JWT-Extended with both tokens in cookies."""

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

from . import EMAIL, LIFETIME, add_page, is_right_password, new_app, refusal


def create_app(redis_url: str, sql_url: str) -> Flask:
    app = new_app()
    app.config.update(
        JWT_TOKEN_LOCATION=["cookies"], JWT_ACCESS_TOKEN_EXPIRES=timedelta(seconds=LIFETIME)
    )
    JWTManager(app)
    add_page(app, jwt_required())

    @app.post("/login")
    def login() -> ResponseReturnValue:
        return with_new_tokens() if is_right_password() else refusal()

    @app.post("/logout")
    def logout() -> ResponseReturnValue:
        response = Response(status=204)
        unset_jwt_cookies(response)
        return response

    return app


def with_new_tokens() -> Response:
    response = Response(status=204)
    set_access_cookies(response, create_access_token(EMAIL))
    set_refresh_cookies(response, create_refresh_token(EMAIL))
    return response
