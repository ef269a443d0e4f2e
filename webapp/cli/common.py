"""Shared by all commands: the operator's audit context, errors in one line, JSON, confirmation."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from itertools import chain
from typing import Any

import click
from flask import current_app, g

from webapp.config import ConfigError, Settings
from webapp.core.errors import EvergreenError, NotFound, ValidationFailed
from webapp.core.models import User
from webapp.core.security_events import BY_OPERATOR, AuditContext, audit_context
from webapp.runtime.request_id import new_request_id
from webapp.web.services import services

from .terminal import ask_password, read_password

Json = dict[str, Any]

# Seconds. A message is tried three times within eleven.
MAIL_TIMEOUT = 15
REDIS_TIMEOUT = 1.0

REDIS_NOT_UPDATED = (
    "Redis could not be updated. The change is in SQL. Workers that can't reach Redis read SQL; "
    "workers that can reach it accept old access tokens until they expire, for {} s at most."
)

json_option = click.option("--json", "as_json", is_flag=True, help="Print a JSON document.")
yes_option = click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
limit_option = click.option(
    "--limit",
    type=click.IntRange(1, 10_000),
    default=50,
    show_default=True,
    help="Maximum number of rows.",
)
password_option = click.option(
    "--password-stdin", is_flag=True, help="Read the password from standard input."
)


@dataclass(frozen=True)
class BrokenConfig:
    """The error in the settings that prevents an app, and the environment that has it."""

    error: ConfigError
    environ: Mapping[str, str]


class SettingsWrong(click.ClickException):
    exit_code = 2


def unusable() -> BrokenConfig | None:
    broken: BrokenConfig | None = current_app.extensions.get("evergreen-unusable")
    return broken


def operator_command(command: Callable[..., None]) -> Callable[..., None]:
    """Run on behalf of the operator. An error is printed in one line, with exit status 1."""

    @wraps(command)
    def run(*args: Any, **kwargs: Any) -> None:
        if wrong := unusable():
            raise SettingsWrong(str(wrong.error))
        warn_of_sqlite(services().settings)
        with by_operator(), errors_in_one_line():
            try:
                command(*args, **kwargs)
            finally:
                flush_background_work()

    return run


@contextmanager
def by_operator() -> Iterator[None]:
    """Give events, e-mails and log lines of one command the same id, as in a request."""
    g.request_id = BY_OPERATOR + new_request_id()
    context = AuditContext(request_id=g.request_id)
    before = audit_context.set(lambda: context)
    try:
        yield
    finally:
        audit_context.reset(before)


@contextmanager
def errors_in_one_line() -> Iterator[None]:
    """Turn the core's errors into click.ClickException."""
    try:
        yield
    except ValidationFailed as refusal:
        raise click.ClickException(" ".join(chain(*refusal.fields.values()))) from None
    except EvergreenError as refusal:
        raise click.ClickException(str(refusal)) from None


def flush_background_work() -> None:
    """Wait for mail and for updates of Redis: both would be lost with this process."""
    if not services().background.finish(MAIL_TIMEOUT):
        warn("Some mail could not be delivered in time, and is lost.")
    deadline = time.monotonic() + REDIS_TIMEOUT
    while services().feed.unsent and time.monotonic() < deadline:
        time.sleep(0.02)
    if services().feed.unsent:
        warn(REDIS_NOT_UPDATED.format(services().settings.access_token_ttl))


def answer(as_json: bool, document: Json | list[Json], *lines: str) -> None:
    """Print the document as JSON, or the lines as text."""
    if as_json:
        click.echo(json.dumps(document, indent=2))
        return
    for line in lines:
        click.echo(plain(line))


def plain(text: str) -> str:
    """Replace control characters: a user agent may have terminal commands in it (CWE-150)."""
    return "".join(character if character.isprintable() else "?" for character in text)


def warn(text: str) -> None:
    click.echo(f"Warning: {text}", err=True)


def warn_of_sqlite(settings: Settings) -> None:
    """Warn in production without DATABASE_URL.

    A shell that misreads the settings file leaves the variable out: commands would work on an
    empty database and report success.
    """
    if settings.mode == "production" and not settings.database_url:
        file = plain(settings.sql_url.database or "")
        warn(f"DATABASE_URL is not set, so this command uses the SQLite database {file}.")


def confirm(question: str, yes: bool) -> None:
    """Ask on standard error: a program may read standard output. Raises click.Abort."""
    if not yes:
        click.confirm(plain(question), abort=True, err=True)


def get_password(password_stdin: bool) -> str:
    return read_password() if password_stdin else ask_password()


def find_user(email_or_id: str) -> User:
    """The user with this e-mail or id. Raises click.ClickException."""
    accounts = services().accounts
    user = accounts.find(email_or_id)[0] if "@" in email_or_id else None
    try:
        return user or accounts.profile(email_or_id)
    except NotFound:
        raise click.ClickException(f"There is no user {plain(email_or_id)}.") from None
