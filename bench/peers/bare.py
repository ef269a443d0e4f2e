"""No sign-in at all: what Flask itself costs."""

from flask import Flask

from . import new_app, page


def create_app(redis_url: str, sql_url: str) -> Flask:
    app = new_app(SECRET_KEY="")  # with a key, Flask opens a session of its own for each request
    app.get("/page")(page)
    return app
