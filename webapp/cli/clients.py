"""`flask clients`: register OAuth clients and manage them."""

import re
from collections.abc import Iterable

import click

from webapp.core.clients import RESERVED, Client, new_secret
from webapp.core.end_reasons import EndReason
from webapp.core.keys import KID
from webapp.core.policy import Scope, validate_scope
from webapp.core.validation import normalize_name
from webapp.web.services import services
from webapp.web.time_format import iso

from .common import Json, answer, confirm, json_option, operator_command, plain, yes_option
from .terminal import CommandGroup

clients = CommandGroup("clients", help="Register OAuth clients and manage them.")


scope_option = click.option(
    "--scope",
    multiple=True,
    help=f"Scopes: {', '.join(Scope)}. `profile` is always included.",
)


def fields(client: Client) -> Json:
    return {
        "client_id": client.client_id,
        "name": client.name,
        "confidential": client.confidential,
        "scope": client.scope,
        "created_at": iso(client.created_at),
    }


def as_line(client: Client) -> str:
    kind = "confidential" if client.confidential else "public"
    return f"{client.client_id}  {kind}  {client.scope}  {client.name}"


@clients.command("create")
@click.argument("client_id")
@click.option("--name", help="Display name; default: the id.")
@click.option("--public", is_flag=True, help="Without a secret: a mobile or browser app.")
@scope_option
@json_option
@operator_command
def create(
    client_id: str, name: str | None, public: bool, scope: Iterable[str], as_json: bool
) -> None:
    """Register a client. Its secret is shown once."""
    if not re.fullmatch(KID, client_id) or client_id in RESERVED:
        raise click.ClickException(
            "Use letters, digits and . _ - for the id. browser and api are reserved."
        )
    shown = client_id if name is None else checked_name(name)
    if services().clients.store.find(client_id) is None:
        end_sessions_of(client_id)
    secret, secret_hash = (None, None) if public else new_secret()
    granted = checked_scope(scope)
    services().clients.store.create(client_id, shown, secret_hash, int(services().now()), granted)
    show_secret(as_json, client_id, secret, f"client_id: {client_id}", f"scope: {granted}")


@clients.command("list")
@json_option
@operator_command
def show_all(as_json: bool) -> None:
    """List all clients."""
    found = services().clients.store.all()
    answer(as_json, [fields(client) for client in found], *map(as_line, found))


@clients.command("rotate-secret")
@click.argument("client_id")
@json_option
@operator_command
def rotate_secret(client_id: str, as_json: bool) -> None:
    """Make a new secret. The old one stops working. Sessions stay open."""
    secret, secret_hash = new_secret()
    if not services().clients.store.set_secret(client_id, secret_hash):
        raise click.ClickException(f"There is no client {plain(client_id)} with a secret.")
    show_secret(as_json, client_id, secret)


@clients.command("set-scope")
@click.argument("client_id")
@click.argument("scope", nargs=-1, required=True)
@json_option
@operator_command
def set_scope(client_id: str, scope: Iterable[str], as_json: bool) -> None:
    """Set the scope of a client. It applies from the next refresh. Sessions stay open."""
    granted = checked_scope(scope)
    if not services().clients.store.set_scope(client_id, granted):
        raise click.ClickException(f"There is no client {plain(client_id)}.")
    changed = {"client_id": client_id, "scope": granted}
    answer(as_json, changed, f"{client_id} has the scope {granted}.")


@clients.command("delete")
@click.argument("client_id")
@yes_option
@json_option
@operator_command
def delete(client_id: str, yes: bool, as_json: bool) -> None:
    """Delete a client and end its sessions, including those an interrupted delete left."""
    confirm(f"Delete {client_id} and end all its sessions?", yes)
    found = services().clients.store.delete(client_id)
    ended = end_sessions_of(client_id)
    if not ended and not found:
        raise click.ClickException(f"There is no client {plain(client_id)}.")
    deleted = {"client_id": client_id, "ended": ended}
    answer(as_json, deleted, f"{client_id} is deleted and its sessions are ended.")


def checked_scope(scope: Iterable[str]) -> str:
    try:
        return validate_scope(" ".join(scope))
    except ValueError as error:
        raise click.ClickException(plain(str(error))) from None


def checked_name(name: str) -> str:
    """The normalized name. Raises click.ClickException, also if nothing of it is visible."""
    try:
        normalized = normalize_name(name)
    except ValueError as error:
        raise click.ClickException(str(error)) from None
    if not any(char.isprintable() and not char.isspace() for char in normalized):
        raise click.ClickException("Use a name with visible characters, or leave --name out.")
    return normalized


def show_secret(as_json: bool, client_id: str, secret: str | None, *lines: str) -> None:
    shown = (f"client_secret: {secret}",) if secret else ()
    answer(as_json, {"client_id": client_id, "client_secret": secret}, *lines, *shown)


def end_sessions_of(client_id: str) -> int:
    """End them and return their number. A later client with this id must not inherit them."""
    sids = services().clients.store.open_sids(client_id)
    for sid in sids:
        services().sessions.end(sid, EndReason.CLIENT_DELETED, services().now())
    return len(sids)
