"""Commands for operators: `flask users`, `flask doctor` and others."""

import os
import sys
from collections.abc import Mapping
from importlib import import_module

import click
from flask import Flask
from flask.cli import AppGroup

from webapp.config import ConfigError, Settings

# Each in a module of its name.
COMMANDS = ("clients", "doctor", "events", "keys", "purge", "sessions", "users")
# Other names that still work.
ALIASES = {"tidy": "purge"}


class Commands(AppGroup):
    """Imports a command when it is used, so that a server starts faster."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted([*super().list_commands(ctx), *COMMANDS])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        cmd_name = ALIASES.get(cmd_name, cmd_name)
        if cmd_name not in COMMANDS:
            return super().get_command(ctx, cmd_name)
        module = import_module(f".{cmd_name}", __package__)
        command: click.Command = getattr(module, cmd_name)
        return command


class CommandsWithoutSettings(Commands):
    """Commands that work without an app. Others, such as `db`, raise SettingsWrong."""

    def __init__(self, error: ConfigError) -> None:
        super().__init__("webapp")
        self._error = error

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        from .common import SettingsWrong

        found = super().get_command(ctx, cmd_name)
        if found is None:
            raise SettingsWrong(str(self._error))
        return found


def install(app: Flask) -> None:
    prepare_process()
    app.cli = Commands(app.name)


def prepare_process() -> None:
    """Prepare the standard streams, before a file is opened. Also for `flask db`."""
    if os.environ.get("FLASK_RUN_FROM_CLI") == "true":
        from .terminal import prepare

        prepare(sys.argv)


def watch_migrations(app: Flask, settings: Settings) -> None:
    """Warn of SQLite when `flask db` reads its configuration."""
    if extension := app.extensions.get("migrate"):
        from .common import warn_of_sqlite

        @extension.migrate.configure  # type: ignore[untyped-decorator]
        def warn(configuration: object) -> object:
            warn_of_sqlite(settings)
            return configuration


def without_settings(error: ConfigError, environ: Mapping[str, str]) -> Flask:
    """An app that has only commands, for wrong settings.

    `doctor` reports what is wrong, and `keys generate` makes the first keys of a new host. All
    other commands repeat the error.
    """
    from .common import BrokenConfig

    prepare_process()
    app = Flask("webapp", static_folder=None)
    app.extensions["evergreen-unusable"] = BrokenConfig(error, environ)
    app.cli = CommandsWithoutSettings(error)
    return app
