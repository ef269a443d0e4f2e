"""The contenders: one signed-in page each, kept by another scheme.

Each module has `create_app(redis_url, sql_url)` with `/login`, `/page` and `/logout`, written as
the scheme's own documentation shows it, and with its defaults; and `prepare(app)` if its tables
and user have to be made first.
"""

from flask import Flask, Response, request

EMAIL = "ada@example.com"
PASSWORD = "an engine of cogs and cards"

# Long enough that no token expires while it is measured.
LIFETIME = 30 * 60
# Made up, and the same in all processes of one run.
SECRET = "a secret of the bench and of nothing else"

# The same type and length for all.
PAGE = f"<!doctype html><title>Account</title><h1>{EMAIL}</h1>" + "<p>You are signed in.</p>" * 20


def page() -> str:
    return PAGE


def new_app(**settings: str) -> Flask:
    app = Flask("bench", static_folder=None)
    app.config.update({"SECRET_KEY": SECRET} | settings)
    return app


def password_is_right() -> bool:
    """No scheme here is measured by its hash."""
    return (request.form["email"], request.form["password"]) == (EMAIL, PASSWORD)


def refusal() -> Response:
    return Response("Please sign in.", 401)
