"""`flask users`: manage accounts. A user is named by e-mail or id."""

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
    confirm,
    find_user,
    get_password,
    json_option,
    limit_option,
    operator_command,
    password_option,
    warn,
    yes_option,
)
from .terminal import CommandGroup

users = CommandGroup("users", help="Manage accounts. A user is named by e-mail or id.")


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


def as_line(user: User) -> str:
    state = "disabled" if user.disabled else "pending" if user.awaiting_verification else "active"
    return f"{user.email}  {user.role}  {state}  {user.id}  {user.name}".rstrip()


@users.command("create")
@click.argument("email")
@click.option("--name", default="")
@click.option("--admin", is_flag=True, help="Allow to manage all users.")
@password_option
@json_option
@operator_command
def create(email: str, name: str, admin: bool, password_stdin: bool, as_json: bool) -> None:
    """Create an account. Asks for its password."""
    password = get_password(password_stdin)
    role = Role.ADMIN if admin else Role.USER
    user = services().accounts.register(email, password, name=name, role=role, now=services().now())
    answer(as_json, fields(user), f"{user.email} is created as {user.role}. Id: {user.id}")


@users.command("list")
@click.argument("query", default="")
@click.option("--sort", type=click.Choice(SORTS), default="-created_at", show_default=True)
@limit_option
@json_option
@operator_command
def show_all(query: str, sort: str, limit: int, as_json: bool) -> None:
    """List users. QUERY matches the start of words in name and e-mail."""
    page = services().user_admin.page(query=query, sort=sort, page=1, per_page=limit)
    answer(as_json, [fields(user) for user in page.users], *map(as_line, page.users))
    if page.total > len(page.users):
        warn(f"{len(page.users)} of {page.total} are shown; --limit shows more.")


@users.command("show")
@click.argument("user")
@json_option
@operator_command
def show(user: str, as_json: bool) -> None:
    """Show one user, with their sign-in methods and the number of their sessions."""
    target = find_user(user)
    methods = services().factors.security.sign_in_methods(target, services().now())
    facts = fields(target) | {
        "pending_email": methods.user.pending_email,
        "sessions": len(services().devices.of(target.id, services().now())),
        "password": methods.has_password,
        "passkeys": len(methods.passkeys),
        "second_step": methods.authenticator_since is not None,
        "recovery_codes": methods.recovery_codes.left,
    }
    answer(as_json, facts, *(f"{name:<16}{value}" for name, value in facts.items()))


@users.command("set-role")
@click.argument("user")
@click.argument("role", type=click.Choice([role.value for role in Role]))
@json_option
@operator_command
def set_role(user: str, role: str, as_json: bool) -> None:
    """Set the role of a user. It applies from their next request."""
    change(user, UserChanges(role=role), as_json, f"has the role {role}")


@users.command("disable")
@click.argument("user")
@yes_option
@json_option
@operator_command
def disable(user: str, yes: bool, as_json: bool) -> None:
    """Disable a user: sign them out everywhere and refuse new sign-ins."""
    confirm(f"Disable {find_user(user).email} and sign them out everywhere?", yes)
    change(user, UserChanges(disabled=True), as_json, "is disabled and signed out everywhere")


@users.command("enable")
@click.argument("user")
@json_option
@operator_command
def enable(user: str, as_json: bool) -> None:
    """Enable a disabled user: they can sign in again."""
    change(user, UserChanges(disabled=False), as_json, "is enabled and can sign in again")


@users.command("set-password")
@click.argument("user")
@password_option
@json_option
@operator_command
def set_password(user: str, password_stdin: bool, as_json: bool) -> None:
    """Set a new password, sign the user out everywhere and notify them by e-mail."""
    find_user(user)  # before the operator types a password
    password = get_password(password_stdin)
    change(user, UserChanges(password=password), as_json, "has a new password and is signed out")


@users.command("end-sessions")
@click.argument("user")
@yes_option
@json_option
@operator_command
def end_sessions(user: str, yes: bool, as_json: bool) -> None:
    """Sign a user out everywhere. They can sign in again."""
    target, now = find_user(user), services().now()
    confirm(f"Sign {target.email} out everywhere?", yes)
    ended = services().devices.end_all(target.id, EndReason.ENDED_BY_ADMIN, now)
    answer(as_json, {"id": target.id, "ended": ended}, f"{target.email} is signed out everywhere.")


@users.command("reset-factors")
@click.argument("user")
@yes_option
@json_option
@operator_command
def reset_factors(user: str, yes: bool, as_json: bool) -> None:
    """Delete a user's passkeys, authenticator app and recovery codes, and sign them out.

    For a user who has lost them all. The password stays. They are notified by e-mail.
    """
    target = find_user(user)
    confirm(f"Delete the passkeys, app and recovery codes of {target.email}?", yes)
    services().factors.security.reset(target, services().now())
    words = f"The sign-in methods of {target.email} are reset."
    answer(as_json, {"id": target.id, "reset": True}, words)


@users.command("delete")
@click.argument("user")
@yes_option
@json_option
@operator_command
def delete(user: str, yes: bool, as_json: bool) -> None:
    """Delete an account permanently, with its sessions and events."""
    target = find_user(user)
    confirm(f"Delete {target.email} permanently, with all sessions and events?", yes)
    services().user_admin.remove(target.id, services().now())
    answer(as_json, {"id": target.id, "deleted": True}, f"{target.email} is deleted.")


def change(user: str, changes: UserChanges, as_json: bool, result: str) -> None:
    changed = services().user_admin.change(find_user(user).id, changes, services().now())
    answer(as_json, fields(changed), f"{changed.email} {result}.")
