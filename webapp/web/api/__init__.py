"""The JSON API: the same sessions, for programs. Its OpenAPI document comes from this code."""

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


class ErrorsAreOurs(Api):  # type: ignore[misc]
    """How an error is answered is said in `web/errors.py`, for pages and programs alike."""

    ERROR_SCHEMA = ErrorAnswer

    def _register_error_handlers(self) -> None:
        pass


def install(app: Flask) -> None:
    app.config.update(CONFIG)
    documented = ErrorsAreOurs(app)
    documented.register_blueprint(api)
    app.extensions["openapi"] = documented.spec.to_dict() | {"tags": TAGS}
