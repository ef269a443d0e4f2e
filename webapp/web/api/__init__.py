"""The JSON API: the same sessions, for programs. Its OpenAPI document comes from this code."""

from flask import Flask

from . import auth, sample, users  # noqa: F401 - they add their calls
from .endpoints import api


def install(app: Flask) -> None:
    app.register_blueprint(api)
