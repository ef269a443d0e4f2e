"""`flask sessions`: who is signed in where, and out with them."""

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

sessions = CommandGroup("sessions", help="Who is signed in where.")

# One sid in 64 begins with a dash, and is no option.
NAMED_BY_SID = {"ignore_unknown_options": True}
# Sessions that are looked up at once.
BATCH = 500


def fields(session: Session, email: str, seen: int | None) -> Json:
    """`seen` is when its refresh token was last redeemed; None if Redis doesn't say."""
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


def in_a_line(facts: Json) -> str:
    seen = facts["last_seen"] or facts["created_at"]
    state = facts["ended_reason"] or facts["state"]
    return (
        f"{facts['sid']}  {facts['email']}  {state}  {seen}  {facts['ip']}  "
        f"{facts['client_id']}  {facts['browser']}"
    )


@sessions.command("list")
@click.option("--user", help="Of this user only.")
@click.option("--all", "everything", is_flag=True, help="Also those that are over.")
@limit_option
@click.option("--page", type=click.IntRange(1, 1_000_000), default=1, help="Of so many each.")
@json_option
@operator_command
def show_all(user: str | None, everything: bool, limit: int, page: int, as_json: bool) -> None:
    """Open sessions, newest first."""
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
    answer(as_json, shown, *map(in_a_line, shown))
    if len(found) == limit:
        warn("there may be more; --limit or --page shows them.")


@sessions.command("show", context_settings=NAMED_BY_SID)
@click.argument("sid")
@json_option
@operator_command
def show(sid: str, as_json: bool) -> None:
    """One session, open or over."""
    session, email = the_session(sid)
    facts = fields(session, email, last_seen([sid]).get(sid))
    answer(as_json, facts, *(f"{name:<14}{value}" for name, value in facts.items()))


@sessions.command("end", context_settings=NAMED_BY_SID)
@click.argument("sid")
@yes_option
@json_option
@operator_command
def end(sid: str, yes: bool, as_json: bool) -> None:
    """Sign one browser or program out. To repeat it does no harm: the end is published again."""
    session, email = the_session(sid)
    confirm(f"Sign {email} out there ({describe(session.user_agent)})?", yes)
    services().sessions.end(sid, EndReason.ENDED_BY_ADMIN, services().now())
    over, _ = the_session(sid)
    facts = {"sid": sid, "ended_reason": over.ended_reason}
    answer(as_json, facts, f"{sid} is over ({over.ended_reason}).")


@sessions.command("end-all")
@yes_option
@json_option
@operator_command
def end_all(yes: bool, as_json: bool) -> None:
    """Sign all users out. (Quicker for a million: new WEBAPP_REFRESH_TOKEN_KEYS.)"""
    confirm("Sign all users out, on all devices?", yes)
    now, after, ended = services().now(), "", 0
    try:
        while sids := services().session_queries.open_sids(int(now), after, BATCH):
            for sid in sids:
                services().sessions.end(sid, EndReason.ENDED_BY_ADMIN, now)
                ended += 1
            after = sids[-1]
    except Unavailable:
        done = f"{ended} sessions are over; then a store stopped answering."
        raise click.ClickException(f"{done} The same command goes on from there.") from None
    answer(as_json, {"ended": ended}, f"{ended} sessions are over.")


def the_session(sid: str) -> tuple[Session, str]:
    """With the e-mail address whose it is."""
    found = services().session_queries.session(sid)
    if found is None:
        raise click.ClickException(f"There is no session {plain(sid)}.")
    return found


def last_seen(sids: list[str]) -> dict[str, int]:
    try:
        return services().devices.generations.last_seen(sids)
    except Unavailable:
        warn("Redis can't say when they were last seen.")
        return {}
