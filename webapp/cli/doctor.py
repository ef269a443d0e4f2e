"""`flask doctor`: looks at everything that can be wrong, and says what to do."""

import time
from collections.abc import Callable, Iterable
from dataclasses import asdict

import click
from flask import current_app
from flask.cli import with_appcontext

from ..config import ConfigError, Settings, using
from ..doctor import examine
from ..doctor.findings import Finding, Level
from ..store.clock import RedisClock
from ..store.database import init_database
from ..web.services import services
from .shared import answer, json_option, unusable, warn_of_sqlite
from .terminal import Command


@click.command("doctor", cls=Command)
@json_option
@with_appcontext
def doctor(as_json: bool) -> None:
    """Check settings, secrets, servers, clocks and cookies. Exit status 1 if there is a problem."""
    settings, complaints = settings_as_written()
    if not unusable():
        warn_of_sqlite(settings)
    else:
        complaints += [line for line in make_engine(settings) if line not in complaints]
    report(examine(settings, complaints, clock()), as_json)


def make_engine(settings: Settings) -> list[str]:
    """Without an app, the checks of SQL still need an engine. A line if it can't be made."""
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    try:
        with using("DATABASE_URL"):
            init_database(app, settings.sql_url, settings.database_connections)
    except ConfigError as error:
        return [str(error)]
    return []


def settings_as_written() -> tuple[Settings, list[str]]:
    """And a line for each that is wrong; then there is no app, and this is all that there is."""
    wrong = unusable()
    if wrong is None:
        return services().settings, []
    settings, complaints = Settings.as_written(wrong.environ)
    line = str(wrong.error)
    return settings, complaints if line in complaints else [line, *complaints]


def clock() -> Callable[[], float]:
    """This host's own: Redis' would always agree with itself."""
    if unusable() or isinstance(services().now, RedisClock):
        return time.time
    return services().now


def report(findings: Iterable[Finding], as_json: bool) -> None:
    found = list(findings)
    problems, warnings = (
        sum(finding.level is level for finding in found) for level in (Level.PROBLEM, Level.WARNING)
    )
    document = {
        "problems": problems,
        "warnings": warnings,
        "findings": [asdict(finding) for finding in found],
    }
    counted = f"{len(found)} checks, {problems} problems, {warnings} warnings."
    answer(as_json, document, *map(in_a_line, found), counted)
    if problems:
        click.get_current_context().exit(1)


def in_a_line(finding: Finding) -> str:
    advice = f" → {finding.advice}" if finding.advice else ""
    return f"{finding.level:<8} {finding.check}: {finding.found}{advice}"
