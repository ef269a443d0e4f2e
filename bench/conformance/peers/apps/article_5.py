"""Article 5: a list of refresh tokens in the memory of the server.

A refresh token for seven days works if it is in the list; it makes a new access token for twenty
minutes. There is no logout. Who has no token gets 401, who has a wrong one 403.
"""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import jwt
from flask import Flask, request
from flask.typing import ResponseReturnValue

from bench.peers import EMAIL, PASSWORD

ACCESS, REFRESH = "the secret of the access tokens, 32+", "the secret of the refresh tokens, 32+"
LIFE = {ACCESS: timedelta(minutes=20), REFRESH: timedelta(days=7)}

app = Flask(__name__)
refresh_tokens: list[str] = []


@app.post("/login")
def login() -> ResponseReturnValue:
    body = request.get_json()
    if (body["username"], body["password"]) != (EMAIL, PASSWORD):
        return "Username or password incorrect", 401
    refresh_token = sign(EMAIL, REFRESH)
    refresh_tokens.append(refresh_token)
    return {"accessToken": sign(EMAIL, ACCESS), "refreshToken": refresh_token}


@app.post("/refresh-token")
def refresh() -> ResponseReturnValue:
    token = request.get_json()["refreshToken"]
    if not token or token not in refresh_tokens:
        return "Refresh token not found, login again", 403
    claims = read(token, REFRESH)
    if not claims:
        return "Invalid refresh token", 403
    return {"accessToken": sign(claims["userId"], ACCESS)}


@app.get("/protected")
def protected() -> ResponseReturnValue:
    token = request.headers.get("Authorization", "").partition(" ")[2]
    if not token:
        return "", 401
    return "This is a protected resource" if read(token, ACCESS) else ("", 403)


def sign(user_id: str, key: str) -> str:
    expiry = datetime.now(UTC) + LIFE[key]
    return jwt.encode({"userId": user_id, "exp": expiry, "jti": str(uuid4())}, key)


def read(token: str, key: str) -> dict[str, Any] | None:
    try:
        claims: dict[str, Any] = jwt.decode(token, key, ["HS256"])
    except jwt.InvalidTokenError:
        return None
    return claims
