"""Flask-JWT-Extended with its documentation's blocklist in Redis, and rotation.

A refresh revokes the refresh token that it came with, and issues two new tokens.
"""

import redis
from flask import Flask, Response
from flask.typing import ResponseReturnValue
from flask_jwt_extended import get_jwt, jwt_required, unset_jwt_cookies

from . import jwt_extended


def create_app(redis_url: str, sql_url: str) -> Flask:
    app = jwt_extended.create_app(redis_url, sql_url)
    blocklist = redis.Redis.from_url(redis_url, decode_responses=True)

    @app.extensions["flask-jwt-extended"].token_in_blocklist_loader
    def is_revoked(_header: object, claims: dict[str, str]) -> bool:
        return bool(blocklist.exists(key(claims)))

    def revoke() -> None:
        claims = get_jwt()
        ttl = app.config[f"JWT_{claims['type'].upper()}_TOKEN_EXPIRES"]
        blocklist.set(key(claims), "", ex=ttl)

    @jwt_required()
    def logout() -> ResponseReturnValue:
        revoke()
        response = Response(status=204)
        unset_jwt_cookies(response)
        return response

    app.view_functions["logout"] = logout

    @app.post("/refresh")
    @jwt_required(refresh=True)
    def refresh() -> ResponseReturnValue:
        revoke()
        return jwt_extended.with_new_tokens()

    return app


def key(claims: dict[str, str]) -> str:
    return f"revoked:{claims['jti']}"
