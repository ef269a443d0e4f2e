"""`flask doctor`: checks everything that can be wrong, and advises."""

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
    """The settings, and a line for each wrong one. With a wrong one there is no app."""
    wrong = unusable()
    if wrong is None:
        return services().settings, []
    settings, complaints = Settings.load_lenient(wrong.environ)
    line = str(wrong.error)
    return settings, complaints if line in complaints else [line, *complaints]


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
