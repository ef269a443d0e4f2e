"""The server-rendered pages: parse, one call, answer."""

from flask import Blueprint

pages = Blueprint("pages", __name__)

from . import account, api_docs, home, sign_in  # noqa: E402, F401 - they add their routes
