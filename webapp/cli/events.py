"""`flask events`: what happened to accounts, when, and who did it."""

import re
from datetime import UTC, datetime

import click

from webapp.config_types import DAY, seconds
from webapp.core.security_events import Event, EventKind
from webapp.web.services import services
from webapp.web.time_format import iso

from .common import Json, answer, find_user, json_option, limit_option, operator_command, warn
from .terminal import CommandGroup

events = CommandGroup("events", help="What happened to accounts.")


def moment(text: str) -> int:
    """How long ago (`90`, `15m`, `12h`, `30d`), or when, in UTC; as seconds since 1970."""
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


def in_a_line(event: Event) -> str:
    by = event.actor or ("an operator" if event.by_operator else "")
    facts = (event.kind, event.email, event.detail, event.ip, f"by {by}" if by else "")
    return "  ".join((iso(event.at), *filter(None, facts)))


@events.command("list")
@click.option("--user", help="Of this user only.")
@click.option(
    "--kind", type=click.Choice([kind.value for kind in EventKind]), help="Of this kind only."
)
@click.option("--since", help="Like 15m, 12h, 30d, or a date (UTC).")
@limit_option
@json_option
@operator_command
def show_all(
    user: str | None, kind: str | None, since: str | None, limit: int, as_json: bool
) -> None:
    """Newest first."""
    page = services().events.page(
        user_id=find_user(user).id if user else None,
        kinds=(kind,) if kind else (),
        since=moment(since) if since else 0,
        offset=0,
        limit=limit,
    )
    answer(as_json, [fields(event) for event in page.events], *map(in_a_line, page.events))
    if page.total > len(page.events):
        warn(f"these are {len(page.events)} of {page.total}; --limit shows more.")
