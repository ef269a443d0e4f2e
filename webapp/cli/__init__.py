"""What an operator does by hand: `flask users`, `flask doctor` and the others."""

from collections.abc import Mapping

from flask import Flask

from ..config import ConfigError
from . import clients, doctor, events, keys, sessions, tidy, users
from .shared import Unusable

COMMANDS = (
    users.users,
    sessions.sessions,
    clients.clients,
    keys.keys,
    events.events,
    doctor.doctor,
    tidy.tidy,
)


def install(app: Flask) -> None:
    for command in COMMANDS:
        app.cli.add_command(command)


def without_settings(error: ConfigError, environ: Mapping[str, str]) -> Flask:
    """No app, but its commands: `doctor` says what is wrong, and `keys generate` makes keys.

    On a new host nothing else would make the first ones. All other commands repeat the error.
    """
    app = Flask("webapp", static_folder=None)
    app.extensions["evergreen-unusable"] = Unusable(error, environ)
    install(app)
    return app
