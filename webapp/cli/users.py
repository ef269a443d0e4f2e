"""`flask users`: people with an account. Each is named by their e-mail address or their id."""

import click

from webapp.core.end_reasons import EndReason
from webapp.core.models import User, UserChanges
from webapp.core.policy import Role
from webapp.core.user_admin import SORTS
from webapp.web.services import services
from webapp.web.time_format import iso

from .common import (
    Json,
    answer,
    asked_password,
    confirm,
    find_user,
    json_option,
    limit_option,
    operator_command,
    password_option,
    warn,
    yes_option,
)
from .terminal import CommandGroup

users = CommandGroup("users", help="People with an account, named by their e-mail address or id.")


def fields(user: User) -> Json:
    return {
        "id": user.id,
        "email": user.email,
        "name": user.name,
        "role": str(user.role),
        "disabled": user.disabled,
        "confirmed": user.email_verified_at is not None,
        "created_at": iso(user.created_at),
    }


def in_a_line(user: User) -> str:
    state = "disabled" if user.disabled else "pending" if user.awaiting_verification else "active"
    return f"{user.email}  {user.role}  {state}  {user.id}  {user.name}".rstrip()


@users.command("create")
@click.argument("email")
@click.option("--name", default="")
@click.option("--admin", is_flag=True, help="May manage all users.")
@password_option
@json_option
@operator_command
def create(email: str, name: str, admin: bool, password_stdin: bool, as_json: bool) -> None:
    """Create an account; asks for its password."""
    password = asked_password(password_stdin)
    role = Role.ADMIN if admin else Role.USER
    user = services().accounts.register(email, password, name=name, role=role, now=services().now())
    answer(as_json, fields(user), f"{user.email} is here now, as {user.role}. Id: {user.id}")


@users.command("list")
@click.argument("query", default="")
@click.option("--sort", type=click.Choice(SORTS), default="-created_at", show_default=True)
@limit_option
@json_option
@operator_command
def show_all(query: str, sort: str, limit: int, as_json: bool) -> None:
    """Users whose name or e-mail has a word that begins with QUERY; without it, all users."""
    page = services().user_admin.page(query=query, sort=sort, page=1, per_page=limit)
    answer(as_json, [fields(user) for user in page.users], *map(in_a_line, page.users))
    if page.total > len(page.users):
        warn(f"these are {len(page.users)} of {page.total}; --limit shows more.")


@users.command("show")
@click.argument("user")
@json_option
@operator_command
def show(user: str, as_json: bool) -> None:
    """One user, and how many sessions they have."""
    found = find_user(user)
    sessions = len(services().devices.of(found.id, services().now()))
    facts = fields(found) | {"sessions": sessions}
    answer(as_json, facts, *(f"{name:<12}{value}" for name, value in facts.items()))


@users.command("set-role")
@click.argument("user")
@click.argument("role", type=click.Choice([role.value for role in Role]))
@json_option
@operator_command
def set_role(user: str, role: str, as_json: bool) -> None:
    """Say what a user may do. Counts from their next request on."""
    change(user, UserChanges(role=role), as_json, f"is {role} now")


@users.command("disable")
@click.argument("user")
@yes_option
@json_option
@operator_command
def disable(user: str, yes: bool, as_json: bool) -> None:
    """Sign a user out everywhere, and let them in no more."""
    confirm(f"Sign {find_user(user).email} out everywhere, and let them in no more?", yes)
    change(user, UserChanges(disabled=True), as_json, "is disabled and signed out everywhere")


@users.command("enable")
@click.argument("user")
@json_option
@operator_command
def enable(user: str, as_json: bool) -> None:
    """Let a disabled user sign in again."""
    change(user, UserChanges(disabled=False), as_json, "can sign in again")


@users.command("set-password")
@click.argument("user")
@password_option
@json_option
@operator_command
def set_password(user: str, password_stdin: bool, as_json: bool) -> None:
    """Set another password, which signs the user out everywhere; they get an e-mail."""
    find_user(user)  # before a password is typed for an unknown user
    password = asked_password(password_stdin)
    change(user, UserChanges(password=password), as_json, "has another password, and is signed out")


@users.command("end-sessions")
@click.argument("user")
@yes_option
@json_option
@operator_command
def end_sessions(user: str, yes: bool, as_json: bool) -> None:
    """Sign a user out everywhere. They can sign in again at once."""
    found, now = find_user(user), services().now()
    confirm(f"Sign {found.email} out everywhere?", yes)
    ended = services().devices.end_all(found.id, EndReason.ENDED_BY_ADMIN, now)
    answer(as_json, {"id": found.id, "ended": ended}, f"{found.email} is signed out everywhere.")


@users.command("delete")
@click.argument("user")
@yes_option
@json_option
@operator_command
def delete(user: str, yes: bool, as_json: bool) -> None:
    """Delete an account with its sessions and events. This can't be undone."""
    found = find_user(user)
    confirm(f"Delete {found.email} with all sessions and events? This can't be undone.", yes)
    services().user_admin.remove(found.id, services().now())
    answer(as_json, {"id": found.id, "deleted": True}, f"{found.email} is gone.")


def change(user: str, changes: UserChanges, as_json: bool, what: str) -> None:
    changed = services().user_admin.change(find_user(user).id, changes, services().now())
    answer(as_json, fields(changed), f"{changed.email} {what}.")
