"""Article 1: each refresh token has an id, and Redis holds the user under it.

JWTs of two secrets. A refresh reads the user by the id, stores a new id, and deletes the old one; a
revoke deletes it. Access tokens are not looked up. An error is 401.
"""

import json
import os
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import jwt
import redis
from flask import Flask, Response, request
from flask.typing import ResponseReturnValue

from bench.peers import EMAIL, PASSWORD

ACCESS, REFRESH = "the secret of the access tokens, 32+", "the secret of the refresh tokens, 32+"
LIFE = {ACCESS: timedelta(minutes=5), REFRESH: timedelta(days=30)}
USER = {"user_id": str(uuid4()), "email": EMAIL, "role": "user"}

app = Flask(__name__)
store = redis.Redis.from_url(os.environ["REDIS_URL"], decode_responses=True)


@app.post("/api/v1/auth/login")
def login() -> ResponseReturnValue:
    body = request.get_json()
    if (body["email"], body["password"]) != (EMAIL, PASSWORD):
        return refusal()
    return new_tokens(USER)


@app.post("/api/v1/auth/refresh")
def refresh() -> ResponseReturnValue:
    token_id = valid_token_id()
    found = token_id and store.get(f"TOKEN::{token_id}")
    if not found:
        return refusal()
    response = new_tokens(json.loads(str(found)))
    store.delete(f"TOKEN::{token_id}")
    return response


@app.post("/api/v1/auth/revoke")
def revoke() -> ResponseReturnValue:
    token_id = valid_token_id()
    if not token_id:
        return refusal()
    store.delete(f"TOKEN::{token_id}")
    return Response(status=204)


@app.get("/api/v1/auth/profile")
def profile() -> ResponseReturnValue:
    claims = read(request.headers["Authorization"].removeprefix("Bearer "), ACCESS)
    return {"email": claims["email"]} if claims else refusal()


def valid_token_id() -> str | None:
    claims = read(request.get_json()["refresh_token"], REFRESH)
    return claims["sub"] if claims else None


def read(token: str, key: str) -> dict[str, Any] | None:
    try:
        claims: dict[str, Any] = jwt.decode(token, key, ["HS256"])
    except jwt.InvalidTokenError:
        return None
    return claims


def new_tokens(user: dict[str, str]) -> dict[str, Any]:
    token_id = str(uuid4())
    refresh_token = sign(token_id, {}, REFRESH)
    store.set(f"TOKEN::{token_id}", json.dumps(user), ex=LIFE[REFRESH])
    auth = {"access_token": sign(token_id, user, ACCESS), "refresh_token": refresh_token}
    return {"status": 200, "data": {"auth": auth}}


def sign(token_id: str, payload: dict[str, str], key: str) -> str:
    now = datetime.now(UTC)
    return jwt.encode({"sub": token_id, "iat": now, "exp": now + LIFE[key], **payload}, key)


def refusal() -> ResponseReturnValue:
    return {"status": 401, "error": {"message": "invalid refresh token"}}, 401
