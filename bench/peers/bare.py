"""The page on a bare Flask app, without any sign-in."""

from flask import Flask

from . import add_page, new_app


def create_app(redis_url: str, sql_url: str) -> Flask:
    app = new_app(SECRET_KEY="")  # with a key, Flask opens a session for each request
    add_page(app, lambda view: view)
    return app
