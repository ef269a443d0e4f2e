"""`flask keys`: generate, list and check signing keys. Only `generate` prints a key."""

import re

import click

from webapp.core.keys import ALGORITHMS, KID, KeyRing, generate_pem, generate_secret
from webapp.web.services import services

from .checks.finding import Finding
from .checks.keys import check_keys
from .common import Json, answer, json_option, operator_command
from .doctor import report, settings_as_written
from .terminal import CommandGroup

keys = CommandGroup("keys", help="Generate, list and check signing keys.")


@keys.command("generate")
@click.argument("kid")
@click.option("--algorithm", type=click.Choice(ALGORITHMS), default="HS256", show_default=True)
def generate(kid: str, algorithm: str) -> None:
    """Print a new key: for HS256 in the format of the setting, otherwise as PEM.

    Works without any setting, so that it can make the first key.
    """
    if not re.fullmatch(KID, kid):
        raise click.ClickException("Use letters, digits and . _ - for the key id.")
    if algorithm == "HS256":
        click.echo(f"{kid}:{generate_secret()}")
    else:
        click.echo(generate_pem(algorithm).decode(), nl=False)


@keys.command("list")
@json_option
@operator_command
def show_all(as_json: bool) -> None:
    """List the keys. One of each ring signs, the others only verify."""
    settings = services().settings
    found = [
        *fields("access", settings.access_token_keys),
        *fields("refresh", settings.refresh_token_keys),
    ]
    answer(as_json, found, *map(as_line, found))


@keys.command("check")
@json_option
def check(as_json: bool) -> None:
    """Check that keys are strong, distinct and able to sign. Changes nothing."""
    settings, complaints = settings_as_written()
    wrong = [Finding.of_setting(line) for line in complaints if "_KEY" in line]
    report([*wrong, *check_keys(settings)], as_json)


@keys.command("reencrypt")
@json_option
@operator_command
def reencrypt(as_json: bool) -> None:
    """Encrypt the secrets of all authenticator apps with the present WEBAPP_SECRET_KEY.

    After that, WEBAPP_SECRET_KEY_FALLBACKS is not needed for them any more.
    """
    done, unreadable = services().factors.apps.encrypt_all_anew()
    facts = {"encrypted": done, "unreadable": unreadable}
    answer(as_json, facts, f"{done} are encrypted with the present key, {unreadable} unreadable.")


def fields(use: str, ring: KeyRing | None) -> list[Json]:
    assert ring is not None  # an app always has both rings
    return [
        {"use": use, "kid": key.kid, "algorithm": key.algorithm, "signs": key is ring.signing}
        for key in ring
    ]


def as_line(key: Json) -> str:
    action = "signs" if key["signs"] else "verifies"
    return f"{key['use']:<9}{key['kid']}  {key['algorithm']}  {action}"
