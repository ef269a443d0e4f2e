"""`flask sessions`: list sessions and end them."""

import click

from webapp.core.end_reasons import EndReason
from webapp.core.errors import Unavailable
from webapp.core.models import Session
from webapp.core.user_agents import describe
from webapp.web.services import services
from webapp.web.time_format import iso

from .common import (
    Json,
    answer,
    confirm,
    find_user,
    json_option,
    limit_option,
    operator_command,
    plain,
    warn,
    yes_option,
)
from .terminal import CommandGroup

sessions = CommandGroup("sessions", help="List sessions and end them.")

# One sid in 64 begins with a dash: click must not read it as an option.
ALLOW_DASH = {"ignore_unknown_options": True}
# Sessions per query.
BATCH = 500


def fields(session: Session, email: str, seen: int | None) -> Json:
    """`seen`: when its refresh token was last redeemed, in Unix seconds; None if unknown."""
    return {
        "sid": session.sid,
        "user_id": session.user_id,
        "email": email,
        "client_id": session.client_id,
        "state": state_of(session, seen),
        "created_at": iso(session.created_at),
        "last_seen": None if seen is None else iso(seen),
        "expires_at": iso(session.expires_at),
        "remembered": session.remembered,
        "ip": session.ip,
        "browser": str(describe(session.user_agent)),
        "user_agent": session.user_agent,
        "ended_at": None if session.ended_at is None else iso(session.ended_at),
        "ended_reason": session.ended_reason,
    }


def state_of(session: Session, seen: int | None) -> str:
    if session.ended_reason:
        return "ended"
    idle_until = session.expires_at if seen is None else seen + session.idle_ttl
    return "open" if min(session.expires_at, idle_until) > services().now() else "expired"


def as_line(facts: Json) -> str:
    seen = facts["last_seen"] or facts["created_at"]
    state = facts["ended_reason"] or facts["state"]
    return (
        f"{facts['sid']}  {facts['email']}  {state}  {seen}  {facts['ip']}  "
        f"{facts['client_id']}  {facts['browser']}"
    )


@sessions.command("list")
@click.option("--user", help="Only sessions of this user.")
@click.option("--all", "everything", is_flag=True, help="Include ended and expired sessions.")
@limit_option
@click.option("--page", type=click.IntRange(1, 1_000_000), default=1, help="Page number.")
@json_option
@operator_command
def show_all(user: str | None, everything: bool, limit: int, page: int, as_json: bool) -> None:
    """List open sessions, newest first."""
    user_id = find_user(user).id if user else None
    found = services().session_queries.sessions(
        user_id=user_id,
        open_at=None if everything else int(services().now()),
        offset=(page - 1) * limit,
        limit=limit,
    )
    seen = last_seen([session.sid for session, _ in found])
    facts = [fields(session, email, seen.get(session.sid)) for session, email in found]
    shown = [fact for fact in facts if everything or fact["state"] == "open"]
    answer(as_json, shown, *map(as_line, shown))
    if len(found) == limit:
        warn("there may be more sessions; --limit or --page shows them.")


@sessions.command("show", context_settings=ALLOW_DASH)
@click.argument("sid")
@json_option
@operator_command
def show(sid: str, as_json: bool) -> None:
    """Show one session, open or ended."""
    session, email = find_session(sid)
    facts = fields(session, email, last_seen([sid]).get(sid))
    answer(as_json, facts, *(f"{name:<14}{value}" for name, value in facts.items()))


@sessions.command("end", context_settings=ALLOW_DASH)
@click.argument("sid")
@yes_option
@json_option
@operator_command
def end(sid: str, yes: bool, as_json: bool) -> None:
    """End one session. It can be repeated: Redis is then updated again."""
    session, email = find_session(sid)
    confirm(f"Sign {email} out on {describe(session.user_agent)}?", yes)
    services().sessions.end(sid, EndReason.ENDED_BY_ADMIN, services().now())
    ended, _ = find_session(sid)
    facts = {"sid": sid, "ended_reason": ended.ended_reason}
    answer(as_json, facts, f"Session {sid} is ended ({ended.ended_reason}).")


@sessions.command("end-all")
@yes_option
@json_option
@operator_command
def end_all(yes: bool, as_json: bool) -> None:
    """End all sessions. (Faster for a million: new WEBAPP_REFRESH_TOKEN_KEYS.)"""
    confirm("Sign all users out, on all devices?", yes)
    now, after, ended = services().now(), "", 0
    try:
        while sids := services().session_queries.open_sids(int(now), after, BATCH):
            for sid in sids:
                services().sessions.end(sid, EndReason.ENDED_BY_ADMIN, now)
                ended += 1
            after = sids[-1]
    except Unavailable:
        done = f"{ended} sessions are ended; then a store was unavailable."
        raise click.ClickException(f"{done} Run the command again to continue.") from None
    answer(as_json, {"ended": ended}, f"{ended} sessions are ended.")


def find_session(sid: str) -> tuple[Session, str]:
    """The session and the e-mail of its user. Raises click.ClickException."""
    found = services().session_queries.session(sid)
    if found is None:
        raise click.ClickException(f"There is no session {plain(sid)}.")
    return found


def last_seen(sids: list[str]) -> dict[str, int]:
    """When each session was last used, in Unix seconds; empty without Redis."""
    try:
        return services().devices.generations.last_seen(sids)
    except Unavailable:
        warn("Redis is unavailable: the time of last use is unknown.")
        return {}
