"""Article 4: two JWTs that are trusted for their signature, `aud` and `iss`.

Nothing is stored. A refresh takes the refresh token and the user's id, verifies the token, looks up
the user, and makes both tokens anew. There is no logout.
"""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import jwt
from flask import Flask, request
from flask.typing import ResponseReturnValue

from bench.peers import EMAIL, PASSWORD

KEY, ISSUER, AUDIENCE = "a secret that is longer than the article's", "the-app", "the-clients"
ACCESS_LIFE, REFRESH_LIFE = timedelta(minutes=1), timedelta(days=30)
USERS = {"1": EMAIL}

app = Flask(__name__)


@app.post("/signIn")
def sign_in() -> ResponseReturnValue:
    body = request.get_json()
    if (body["email"], body["password"]) != (EMAIL, PASSWORD):
        return {"message": "wrong credentials"}, 401
    return new_tokens("1")


@app.post("/refresh-token")
def refresh() -> ResponseReturnValue:
    body = request.get_json()
    if not is_valid(body["refresh_token"]) or body["user_id"] not in USERS:
        return {"message": "invalid token"}, 401
    return new_tokens(body["user_id"])


@app.get("/resource")
def resource() -> ResponseReturnValue:
    if not is_valid(request.headers["Authorization"].removeprefix("Bearer ")):
        return {"message": "invalid token"}, 401
    return {"message": "yours"}


def new_tokens(user_id: str) -> ResponseReturnValue:
    return {
        "access_token": sign(ACCESS_LIFE, sub=user_id, user_email=USERS[user_id]),
        "refresh_token": sign(REFRESH_LIFE, sub=user_id),
    }


def sign(life: timedelta, **claims: str) -> str:
    expiry = datetime.now(UTC) + life
    fixed = {"iss": ISSUER, "aud": AUDIENCE, "exp": expiry, "jti": str(uuid4())}
    return jwt.encode({**fixed, **claims}, KEY)


def is_valid(token: str) -> bool:
    try:
        jwt.decode(token, KEY, ["HS256"], issuer=ISSUER, audience=AUDIENCE)
    except jwt.InvalidTokenError:
        return False
    return True
