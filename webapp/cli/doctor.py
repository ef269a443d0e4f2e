"""`flask doctor`: check settings, secrets, servers, clocks and cookies."""

import time
from collections.abc import Iterable
from dataclasses import asdict

import click
from flask.cli import with_appcontext

from webapp.config import Settings
from webapp.web.services import services

from .checks import run_checks
from .checks.finding import Finding, Level
from .checks.latency_and_clock import host_clock
from .checks.sql import prepare_engine
from .common import answer, json_option, unusable, warn_of_sqlite
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
        complaints += [line for line in prepare_engine(settings) if line not in complaints]
    now = time.time if unusable() else host_clock(services().now)
    report(run_checks(settings, complaints, now), as_json)


def settings_as_written() -> tuple[Settings, list[str]]:
    """The settings, and one line for each error. With an error there is no app."""
    wrong = unusable()
    if wrong is None:
        return services().settings, []
    settings, complaints = Settings.load_lenient(wrong.environ)
    line = str(wrong.error)
    return settings, complaints if line in complaints else [line, *complaints]


def report(findings: Iterable[Finding], as_json: bool) -> None:
    results = list(findings)
    problems, warnings = (
        sum(finding.level is level for finding in results)
        for level in (Level.PROBLEM, Level.WARNING)
    )
    document = {
        "problems": problems,
        "warnings": warnings,
        "findings": [asdict(finding) for finding in results],
    }
    counted = f"{len(results)} checks, {problems} problems, {warnings} warnings."
    answer(as_json, document, *map(as_line, results), counted)
    if problems:
        click.get_current_context().exit(1)


def as_line(finding: Finding) -> str:
    advice = f" → {finding.advice}" if finding.advice else ""
    return f"{finding.level:<8} {finding.check}: {finding.found}{advice}"
