"""Flask-JWT-Extended as its documentation shows it.

"Refreshing Tokens", "Blocklist and Token Revoking" with Redis and `verify_type=False`, and
"Automatic User Loading", whose lookup may return None.
"""

import os
from datetime import timedelta

import redis
from flask import Flask, jsonify, request
from flask.typing import ResponseReturnValue
from flask_jwt_extended import (
    JWTManager,
    create_access_token,
    create_refresh_token,
    get_jwt,
    get_jwt_identity,
    jwt_required,
)

from .accounts import SECRET, Account, add_operator

REFRESH_EXPIRES = timedelta(days=30)

app = Flask(__name__)
app.config.update(JWT_SECRET_KEY=SECRET, JWT_REFRESH_TOKEN_EXPIRES=REFRESH_EXPIRES)
jwt = JWTManager(app)
blocklist = redis.Redis.from_url(os.environ["REDIS_URL"], decode_responses=True)
account = Account()
add_operator(app, account)


@jwt.token_in_blocklist_loader
def is_revoked(_header: object, claims: dict[str, str]) -> bool:
    return blocklist.get(claims["jti"]) is not None


@jwt.user_lookup_loader
def find_user(_header: object, claims: dict[str, str]) -> Account | None:
    return None if account.disabled or claims["sub"] != account.id else account


def revoke() -> None:
    # The documentation's example keeps it for the life of an access token; a refresh token needs
    # its own life.
    blocklist.set(get_jwt()["jti"], "", ex=REFRESH_EXPIRES)


@app.post("/login")
def login() -> ResponseReturnValue:
    body = request.get_json()
    if not account.is_right(body["email"], body["password"]):
        return jsonify(msg="Bad email or password"), 401
    return jsonify(
        access_token=create_access_token(account.id), refresh_token=create_refresh_token(account.id)
    )


@app.post("/refresh")
@jwt_required(refresh=True)
def refresh() -> ResponseReturnValue:
    return jsonify(access_token=create_access_token(get_jwt_identity()))


@app.delete("/logout")
@jwt_required(verify_type=False)
def logout() -> ResponseReturnValue:
    """A client calls it twice: with the access token, and with the refresh token."""
    revoke()
    return jsonify(msg="token revoked")


@app.get("/protected")
@jwt_required()
def protected() -> ResponseReturnValue:
    return jsonify(logged_in_as=get_jwt_identity())
