"""A JWT in a cookie, decoded on every request by PyJWT."""

import time

import jwt
from flask import Flask, Response, request
from flask.typing import ResponseReturnValue

from . import EMAIL, LIFETIME, SECRET, new_app, page, password_is_right, refusal


def create_app(redis_url: str, sql_url: str) -> Flask:
    app = new_app()

    @app.post("/login")
    def login() -> ResponseReturnValue:
        if not password_is_right():
            return refusal()
        now = int(time.time())
        claims = {"sub": EMAIL, "iat": now, "exp": now + LIFETIME}
        answer = Response(status=204)
        token = jwt.encode(claims, SECRET, "HS256")
        answer.set_cookie("token", token, max_age=LIFETIME, httponly=True, samesite="Lax")
        return answer

    @app.post("/logout")
    def logout() -> ResponseReturnValue:
        answer = Response(status=204)
        answer.delete_cookie("token")
        return answer

    @app.get("/page")
    def signed_in_page() -> ResponseReturnValue:
        try:
            jwt.decode(
                request.cookies.get("token", ""),
                SECRET,
                algorithms=["HS256"],
                options={"require": ["sub", "iat", "exp"]},
            )
        except jwt.InvalidTokenError:
            return refusal()
        return page()

    return app
