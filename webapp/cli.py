"""What an operator does by hand: `flask users`, `flask clients`, `flask keys`."""

import json
import re
import sys
from collections.abc import Callable
from dataclasses import asdict
from functools import wraps
from itertools import chain
from typing import Any

import click
from flask import Flask
from flask.cli import AppGroup

from .core.clients import RESERVED, new_secret
from .core.errors import EvergreenError, ValidationFailed
from .core.keys import ALGORITHMS, KID, generate_pem, generate_secret
from .core.policy import Role
from .core.sessions import EndReason
from .store.clients import SqlClients
from .web.services import services

users = AppGroup("users", help="People with an account.")
clients = AppGroup("clients", help="Programs that sessions may belong to.")
keys = AppGroup("keys", help="Signing keys.")


def install(app: Flask) -> None:
    for group in (users, clients, keys):
        app.cli.add_command(group)


def told_in_one_line(command: Callable[..., None]) -> Callable[..., None]:
    @wraps(command)
    def run(*args: Any, **kwargs: Any) -> None:
        try:
            command(*args, **kwargs)
        except ValidationFailed as refusal:
            raise click.ClickException(" ".join(chain(*refusal.fields.values()))) from None
        except EvergreenError as refusal:
            raise click.ClickException(str(refusal)) from None

    return run


@users.command("create")
@click.argument("email")
@click.option("--name", default="")
@click.option("--admin", is_flag=True, help="May manage all users.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@told_in_one_line
def create_user(email: str, name: str, admin: bool, password_stdin: bool) -> None:
    """Create an account; asks for its password."""
    password = sys.stdin.readline().rstrip("\n") if password_stdin else ask_for_password()
    role = Role.ADMIN if admin else Role.USER
    user = services().accounts.register(email, password, name=name, role=role, now=services().now())
    click.echo(f"{user.email} is here now, as {user.role}. Id: {user.id}")


def ask_for_password() -> str:
    typed: str = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    return typed


@clients.command("create")
@click.argument("client_id")
@click.option("--name", default="")
@click.option("--public", is_flag=True, help="It can't keep a secret: an app on a phone or page.")
@told_in_one_line
def create_client(client_id: str, name: str, public: bool) -> None:
    """Register a client. Its secret is shown once."""
    if not re.fullmatch(KID, client_id) or client_id in RESERVED:
        raise click.ClickException("Use letters, digits and . _ -, and neither browser nor api.")
    if SqlClients().find(client_id) is None:
        end_sessions_of(client_id)
    secret, secret_hash = (None, None) if public else new_secret()
    SqlClients().create(client_id, name or client_id, secret_hash, int(services().now()))
    click.echo(f"client_id: {client_id}")
    if secret:
        click.echo(f"client_secret: {secret}")


@clients.command("list")
@click.option("--json", "as_json", is_flag=True)
@told_in_one_line
def list_clients(as_json: bool) -> None:
    found = SqlClients().all()
    if as_json:
        facts = [asdict(client) | {"confidential": client.confidential} for client in found]
        shown = [{k: v for k, v in fact.items() if k != "secret_hash"} for fact in facts]
        click.echo(json.dumps(shown, indent=2))
        return
    for client in found:
        kind = "confidential" if client.confidential else "public"
        click.echo(f"{client.client_id}  {kind}  {client.name}")


@clients.command("rotate-secret")
@click.argument("client_id")
@told_in_one_line
def rotate_secret(client_id: str) -> None:
    """Make a new secret; the old one is void at once. Sessions stay."""
    secret, secret_hash = new_secret()
    if not SqlClients().set_secret(client_id, secret_hash):
        raise click.ClickException(f"There is no client {client_id} with a secret.")
    click.echo(f"client_secret: {secret}")


@clients.command("delete")
@click.argument("client_id")
@told_in_one_line
def delete_client(client_id: str) -> None:
    """Forget a client and end its sessions; also those that an interrupted delete left."""
    found = SqlClients().delete(client_id)
    if not end_sessions_of(client_id) and not found:
        raise click.ClickException(f"There is no client {client_id}.")
    click.echo(f"{client_id} is gone, and its sessions are over.")


def end_sessions_of(client_id: str) -> int:
    """How many there were. A later client of the same name must not inherit them."""
    sids = SqlClients().open_sids(client_id)
    for sid in sids:
        services().sessions.end(sid, EndReason.CLIENT_DELETED, services().now())
    return len(sids)


@keys.command("generate")
@click.argument("kid")
@click.option("--algorithm", type=click.Choice(ALGORITHMS), default="HS256")
def generate_key(kid: str, algorithm: str) -> None:
    """Print a new key: for HS256 as the setting takes it, else as a PEM file."""
    if not re.fullmatch(KID, kid):
        raise click.ClickException("Use letters, digits and . _ - for its name.")
    if algorithm == "HS256":
        click.echo(f"{kid}:{generate_secret()}")
    else:
        click.echo(generate_pem(algorithm).decode(), nl=False)
