"""`flask events`: list security events."""

import re
from datetime import UTC, datetime

import click

from webapp.config_types import DAY, seconds
from webapp.core.security_events import Event, EventKind
from webapp.web.services import services
from webapp.web.time_format import iso

from .common import Json, answer, find_user, json_option, limit_option, operator_command, warn
from .terminal import CommandGroup

events = CommandGroup("events", help="List security events.")


def parse_since(text: str) -> int:
    """Unix seconds of a duration before now (`90`, `15m`, `12h`, `30d`), or of a UTC date."""
    try:
        if re.fullmatch(r"[0-9]+[smhd]?", text):
            return int(services().now()) - seconds(0, 36_500 * DAY)(text)
        when = datetime.fromisoformat(text)
    except ValueError:
        wanted = "write it like 15m, 12h, 30d, 2026-11-21 or 2026-11-21T10:00:00Z"
        raise click.BadParameter(wanted, param_hint="--since") from None
    return int((when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp())


def fields(event: Event) -> Json:
    return {
        "id": event.id,
        "at": iso(event.at),
        "kind": event.kind,
        "detail": event.detail,
        "user_id": event.user_id,
        "email": event.email or None,
        "actor": event.actor or None,
        "by_operator": event.by_operator,
        "sid": event.sid,
        "ip": event.ip,
        "user_agent": event.user_agent,
        "request_id": event.request_id,
    }


def as_line(event: Event) -> str:
    by = event.actor or ("an operator" if event.by_operator else "")
    facts = (event.kind, event.email, event.detail, event.ip, f"by {by}" if by else "")
    return "  ".join((iso(event.at), *filter(None, facts)))


@events.command("list")
@click.option("--user", help="Only events of this user.")
@click.option(
    "--kind",
    type=click.Choice([kind.value for kind in EventKind]),
    help="Only events of this kind.",
)
@click.option("--since", help="A duration (15m, 12h, 30d) or a date (UTC).")
@limit_option
@json_option
@operator_command
def show_all(
    user: str | None, kind: str | None, since: str | None, limit: int, as_json: bool
) -> None:
    """List events, newest first."""
    page = services().events.page(
        user_id=find_user(user).id if user else None,
        kinds=(kind,) if kind else (),
        since=parse_since(since) if since else 0,
        offset=0,
        limit=limit,
    )
    answer(as_json, [fields(event) for event in page.events], *map(as_line, page.events))
    if page.total > len(page.events):
        warn(f"{len(page.events)} of {page.total} are shown; --limit shows more.")
