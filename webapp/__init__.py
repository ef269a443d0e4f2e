"""Evergreen: a Flask app whose sign-in stays signed in."""

from .factory import create_app

__all__ = ["create_app"]
