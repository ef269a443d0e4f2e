"""A JWT in a cookie. PyJWT verifies it on every request."""

import time

import jwt
from flask import Flask, Response, request
from flask.typing import ResponseReturnValue

from . import EMAIL, LIFETIME, SECRET, View, add_page, is_right_password, new_app, refusal

REQUIRED = {"require": ["sub", "iat", "exp"]}


def create_app(redis_url: str, sql_url: str) -> Flask:
    app = new_app()
    add_page(app, token_required)

    @app.post("/login")
    def login() -> ResponseReturnValue:
        if not is_right_password():
            return refusal()
        now = int(time.time())
        claims = {"sub": EMAIL, "iat": now, "exp": now + LIFETIME}
        response = Response(status=204)
        token = jwt.encode(claims, SECRET, "HS256")
        response.set_cookie("token", token, max_age=LIFETIME, httponly=True, samesite="Lax")
        return response

    @app.post("/logout")
    def logout() -> ResponseReturnValue:
        response = Response(status=204)
        response.delete_cookie("token")
        return response

    return app


def token_required(view: View) -> View:
    def wrapped() -> ResponseReturnValue:
        token = request.cookies.get("token", "")
        try:
            jwt.decode(token, SECRET, algorithms=["HS256"], options=REQUIRED)
        except jwt.InvalidTokenError:
            return refusal()
        return view()

    return wrapped
