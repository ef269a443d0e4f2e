"""What all commands share: on whose behalf, one line for what is refused, JSON, asking first."""

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

# Seconds. An e-mail is tried three times within eleven.
LETTERS_TAKE = 15
TELLING_TAKES = 1.0

NOT_TOLD = (
    "Redis can't be reached. The change is in SQL, and workers that can't reach Redis ask SQL; "
    "a worker that reaches it accepts access tokens until they expire, for {} s at most."
)

json_option = click.option("--json", "as_json", is_flag=True, help="Answer with a JSON document.")
yes_option = click.option("--yes", is_flag=True, help="Don't ask first.")
limit_option = click.option(
    "--limit",
    type=click.IntRange(1, 10_000),
    default=50,
    show_default=True,
    help="At most so many.",
)
password_option = click.option(
    "--password-stdin", is_flag=True, help="Read the password from standard input."
)


@dataclass(frozen=True)
class BrokenConfig:
    """Why there is no app, and the environment that says so."""

    error: ConfigError
    environ: Mapping[str, str]


class SettingsWrong(click.ClickException):
    exit_code = 2


def unusable() -> BrokenConfig | None:
    found: BrokenConfig | None = current_app.extensions.get("evergreen-unusable")
    return found


def operator_command(command: Callable[..., None]) -> Callable[..., None]:
    """Run on behalf of the operator; what is refused is one line, and exit status 1."""

    @wraps(command)
    def run(*args: Any, **kwargs: Any) -> None:
        if wrong := unusable():
            raise SettingsWrong(str(wrong.error))
        warn_of_sqlite(services().settings)
        with by_operator(), told_in_one_line():
            try:
                command(*args, **kwargs)
            finally:
                flush_background_work()

    return run


@contextmanager
def by_operator() -> Iterator[None]:
    """Events, e-mails and log lines of one command carry its id, as those of a request do."""
    g.request_id = BY_OPERATOR + new_request_id()
    here = AuditContext(request_id=g.request_id)
    before = audit_context.set(lambda: here)
    try:
        yield
    finally:
        audit_context.reset(before)


@contextmanager
def told_in_one_line() -> Iterator[None]:
    try:
        yield
    except ValidationFailed as refusal:
        raise click.ClickException(" ".join(chain(*refusal.fields.values()))) from None
    except EvergreenError as refusal:
        raise click.ClickException(str(refusal)) from None


def flush_background_work() -> None:
    """Send waiting e-mails and publish waiting invalidations: both are in this process's memory."""
    if not services().background.finish(LETTERS_TAKE):
        warn("Mail is still waiting to be delivered, and is lost.")
    deadline = time.monotonic() + TELLING_TAKES
    while services().feed.unsent and time.monotonic() < deadline:
        time.sleep(0.02)
    if services().feed.unsent:
        warn(NOT_TOLD.format(services().settings.access_token_ttl))


def answer(as_json: bool, document: Json | list[Json], *lines: str) -> None:
    if as_json:
        click.echo(json.dumps(document, indent=2))
        return
    for line in lines:
        click.echo(plain(line))


def plain(text: str) -> str:
    """A user agent may hold what a terminal takes for a command (CWE-150)."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def warn(text: str) -> None:
    click.echo(f"Warning: {text}", err=True)


def warn_of_sqlite(settings: Settings) -> None:
    """A shell that misreads the file of settings leaves the database out: commands would work on
    an empty one and report success."""
    if settings.mode == "production" and not settings.database_url:
        file = plain(settings.sql_url.database or "")
        warn(f"DATABASE_URL is not set, so this is about the SQLite database {file}.")


def confirm(question: str, yes: bool) -> None:
    """Raises click.Abort. Standard output is for the answer: a program may read it."""
    if not yes:
        click.confirm(plain(question), abort=True, err=True)


def asked_password(password_stdin: bool) -> str:
    return read_password() if password_stdin else ask_password()


def find_user(who: str) -> User:
    """By e-mail address or id."""
    accounts = services().accounts
    user = accounts.find(who)[0] if "@" in who else None
    try:
        return user or accounts.profile(who)
    except NotFound:
        raise click.ClickException(f"There is no user {plain(who)}.") from None
