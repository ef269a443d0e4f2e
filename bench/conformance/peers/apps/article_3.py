"""Article 3: refresh tokens that belong to a client, and are exchanged at each refresh.

A refresh token works for the client that signed the user in, so `client_id` and `client_secret`
come with each request. A refresh makes a new refresh token, so that one who comes daily is never
signed out; the old one is deleted, as the framework does that the article describes. A logout
deletes the refresh token; the access token, for 30 minutes, is not looked up.
"""

import os
import sqlite3
import time
from secrets import token_urlsafe

import jwt
from flask import Flask, Response, request
from flask.typing import ResponseReturnValue

from bench.peers import EMAIL, PASSWORD

KEY = "the secret of the access tokens, 32+"
ACCESS_LIFE, REFRESH_LIFE = 30 * 60, 30 * 24 * 3600
CLIENTS = {"web": "the secret of the client"}

app = Flask(__name__)


def database() -> sqlite3.Connection:
    return sqlite3.connect(os.environ["DATABASE"], timeout=5)


with database() as sql:
    sql.execute(
        "CREATE TABLE IF NOT EXISTS refresh_tokens "
        "(token TEXT PRIMARY KEY, user TEXT, client TEXT, expires REAL)"
    )


@app.post("/oauth/token")
def token() -> ResponseReturnValue:
    form = request.form
    if CLIENTS.get(form["client_id"]) != form["client_secret"]:
        return {"error": "invalid_client"}, 401
    if form["grant_type"] == "password":
        is_right = (form["username"], form["password"]) == (EMAIL, PASSWORD)
        return new_tokens(EMAIL) if is_right else ({"error": "invalid_grant"}, 400)
    user = take(form["refresh_token"], form["client_id"])
    return new_tokens(user) if user else ({"error": "invalid_grant"}, 400)


@app.post("/logout")
def logout() -> ResponseReturnValue:
    take(request.form["refresh_token"], request.form["client_id"])
    return Response(status=204)


@app.get("/resource")
def resource() -> ResponseReturnValue:
    try:
        jwt.decode(request.headers["Authorization"].removeprefix("Bearer "), KEY, ["HS256"])
    except jwt.InvalidTokenError:
        return {"error": "invalid_token"}, 401
    return {"message": "yours"}


def take(refresh_token: str, client: str) -> str | None:
    """The user of a good refresh token, which is then deleted."""
    with database() as sql:
        found = sql.execute(
            "DELETE FROM refresh_tokens WHERE token = ? AND client = ? AND expires > ? "
            "RETURNING user",
            [refresh_token, client, time.time()],
        ).fetchone()
    return found[0] if found else None


def new_tokens(user: str) -> ResponseReturnValue:
    refresh_token, now = token_urlsafe(), time.time()
    row = [refresh_token, user, request.form["client_id"], now + REFRESH_LIFE]
    with database() as sql:
        sql.execute("INSERT INTO refresh_tokens VALUES (?, ?, ?, ?)", row)
    access_token = jwt.encode({"sub": user, "exp": now + ACCESS_LIFE}, KEY)
    return {
        "access_token": access_token,
        "refresh_token": refresh_token,
        "token_type": "bearer",
        "expires": ACCESS_LIFE,
    }
