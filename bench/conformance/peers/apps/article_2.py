"""Article 2: `generateTokens`: an access token for one hour, a refresh token for one year.

The refresh token is stored in a database. The server verifies a refresh token to make a new access
token; after a year the user signs in again. There is no logout.
"""

import os
import sqlite3
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import jwt
from flask import Flask, request
from flask.typing import ResponseReturnValue

from bench.peers import EMAIL, PASSWORD

ACCESS, REFRESH = "the secret of the access tokens, 32+", "the secret of the refresh tokens, 32+"
LIFE = {ACCESS: timedelta(hours=1), REFRESH: timedelta(days=365)}

app = Flask(__name__)


def database() -> sqlite3.Connection:
    return sqlite3.connect(os.environ["DATABASE"], timeout=5)


with database() as sql:
    sql.execute("CREATE TABLE IF NOT EXISTS refresh_tokens (token TEXT PRIMARY KEY, user TEXT)")


@app.post("/login")
def login() -> ResponseReturnValue:
    body = request.get_json()
    if (body["email"], body["password"]) != (EMAIL, PASSWORD):
        return {"message": "Unauthorized"}, 401
    refresh_token = sign(EMAIL, REFRESH)
    with database() as sql:
        sql.execute("INSERT INTO refresh_tokens VALUES (?, ?)", [refresh_token, EMAIL])
    return {"accessToken": sign(EMAIL, ACCESS), "refreshToken": refresh_token}


@app.post("/refresh")
def refresh() -> ResponseReturnValue:
    token = request.get_json()["refreshToken"]
    with database() as sql:
        stored = sql.execute("SELECT user FROM refresh_tokens WHERE token = ?", [token]).fetchone()
    if not stored or not is_valid(token, REFRESH):
        return {"message": "Unauthorized"}, 401
    return {"accessToken": sign(stored[0], ACCESS)}


@app.get("/resource")
def resource() -> ResponseReturnValue:
    if not is_valid(request.headers["Authorization"].removeprefix("Bearer "), ACCESS):
        return {"message": "Unauthorized"}, 401
    return {"message": "yours"}


def sign(user: str, key: str) -> str:
    expiry = datetime.now(UTC) + LIFE[key]
    return jwt.encode({"sub": user, "exp": expiry, "jti": str(uuid4())}, key)


def is_valid(token: str, key: str) -> bool:
    try:
        jwt.decode(token, key, ["HS256"])
    except jwt.InvalidTokenError:
        return False
    return True
