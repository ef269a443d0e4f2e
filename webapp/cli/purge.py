"""`flask purge`: the clean-up that a sign-in starts once an hour, now and to its end."""

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
    """Remove sessions that are long over, old events, and accounts that were never confirmed."""
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
        lines.append(f"Removed {removed.accounts} accounts that were never confirmed.")
    answer(as_json, counts, *lines)
