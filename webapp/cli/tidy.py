"""`flask tidy`: the clean-up that a sign-in starts once an hour, now and to its end."""

import time

import click
from flask.cli import with_appcontext

from ..web.services import services
from ..web.tidying import PAUSE
from .shared import answer, json_option, operating
from .terminal import Command


@click.command("tidy", cls=Command)
@json_option
@with_appcontext
@operating
def tidy(as_json: bool) -> None:
    """Remove rows of sessions that are long over, and old events."""
    removed = services().tidying.step(services().now())
    while removed.more:
        time.sleep(PAUSE)
        removed += services().tidying.step(services().now())
    counts = {"sessions": removed.sessions, "events": removed.events}
    answer(as_json, counts, f"Removed {removed.sessions} sessions and {removed.events} events.")
