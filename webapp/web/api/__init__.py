"""The JSON API: the same sessions, for programs."""

from flask import Blueprint

api = Blueprint("api", __name__, url_prefix="/api/v1")

from . import protected  # noqa: E402, F401 - it adds its route
