"""`flask purge`: run the retention job now, until nothing is left to remove."""

import time

import click
from flask.cli import with_appcontext

from webapp.runtime.retention_job import PAUSE
from webapp.web.services import services

from .common import answer, json_option, operator_command
from .terminal import Command


@click.command("purge", cls=Command)
@json_option
@with_appcontext
@operator_command
def purge(as_json: bool) -> None:
    """Remove old ended sessions, old events, and accounts with an unverified e-mail."""
    removed = services().retention.purge_batch(services().now())
    while removed.more:
        time.sleep(PAUSE)
        removed += services().retention.purge_batch(services().now())
    counts = {
        "sessions": removed.sessions,
        "events": removed.events,
        "accounts": removed.accounts,
    }
    lines = [f"Removed {removed.sessions} sessions and {removed.events} events."]
    if removed.accounts:
        lines.append(f"Removed {removed.accounts} accounts with an unverified e-mail.")
    answer(as_json, counts, *lines)
