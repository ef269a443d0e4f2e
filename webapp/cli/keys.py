"""`flask keys`: signing keys. A key itself is shown once, when it is made."""

import re

import click

from webapp.core.keys import ALGORITHMS, KID, KeyRing, generate_pem, generate_secret
from webapp.web.services import services

from .checks.finding import Finding
from .checks.keys import check_keys
from .common import Json, answer, json_option, operator_command
from .doctor import report, settings_as_written
from .terminal import CommandGroup

keys = CommandGroup("keys", help="Signing keys.")


@keys.command("generate")
@click.argument("kid")
@click.option("--algorithm", type=click.Choice(ALGORITHMS), default="HS256", show_default=True)
def generate(kid: str, algorithm: str) -> None:
    """Print a new key: for HS256 as the setting takes it, else as a PEM file.

    Needs no setting: without it there would be no first key.
    """
    if not re.fullmatch(KID, kid):
        raise click.ClickException("Use letters, digits and . _ - for its name.")
    if algorithm == "HS256":
        click.echo(f"{kid}:{generate_secret()}")
    else:
        click.echo(generate_pem(algorithm).decode(), nl=False)


@keys.command("list")
@json_option
@operator_command
def show_all(as_json: bool) -> None:
    """Which keys there are, and which of them sign."""
    settings = services().settings
    found = [
        *fields("access", settings.access_token_keys),
        *fields("refresh", settings.refresh_token_keys),
    ]
    answer(as_json, found, *map(in_a_line, found))


@keys.command("check")
@json_option
def check(as_json: bool) -> None:
    """Whether they are strong, apart from each other, and able to sign. Changes nothing."""
    settings, complaints = settings_as_written()
    wrong = [Finding.of_setting(line) for line in complaints if "_KEY" in line]
    report([*wrong, *check_keys(settings)], as_json)


def fields(use: str, ring: KeyRing | None) -> list[Json]:
    assert ring is not None  # no app is made without
    return [
        {"use": use, "kid": key.kid, "algorithm": key.algorithm, "signs": key is ring.signing}
        for key in ring
    ]


def in_a_line(key: Json) -> str:
    does = "signs" if key["signs"] else "verifies"
    return f"{key['use']:<9}{key['kid']}  {key['algorithm']}  {does}"
