"""The JSON API: the same sessions, for programs. Its OpenAPI document comes from this code."""

from functools import cache
from typing import Any

from flask import Flask
from flask_smorest import Api

from . import auth, protected, users  # noqa: F401 - they add their routes
from .blueprint import api
from .schemas import ErrorAnswer

DESCRIPTION = """
Sessions for programs: log in for a short-lived access token and a rotating refresh token,
send the access token as `Authorization: Bearer …`, exchange the refresh token for the next pair.
An answer to `refresh` that was lost may be asked for again: it is the very same.
"""
TAGS = [
    {"name": "Auth", "description": "Log in, refresh, revoke; one's own profile and sessions"},
    {"name": "Users", "description": "Everybody's accounts, for admins"},
    {"name": "Sample", "description": "Something worth protecting"},
]
CONFIG = {
    "API_TITLE": "Evergreen",
    "API_VERSION": "v1",
    "OPENAPI_VERSION": "3.1.0",
    "API_SPEC_OPTIONS": {
        "info": {"description": DESCRIPTION},
        "security": [{"bearer": []}],
        "components": {
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
            }
        },
    },
}


class Documented(Api):  # type: ignore[misc]
    ERROR_SCHEMA = ErrorAnswer


def install(app: Flask) -> None:
    """Without `Api`: it would handle errors, which `web/errors.py` does for pages and programs."""
    app.register_blueprint(api)


@cache
def document() -> dict[str, Any]:
    """Made when it is first asked for: it takes as long as all the rest of the app's start."""
    app = Flask(__name__)
    app.config.update(CONFIG)
    documented = Documented(app)
    documented.register_blueprint(api)
    return {**documented.spec.to_dict(), "tags": TAGS}
