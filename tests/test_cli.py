"""What an operator does by hand, as they see it."""

import json

import pytest
from click.testing import Result
from flask import Flask

from tests.support.api import Program, error_code
from tests.support.browser import PASSWORD
from tests.support.commands import run
from webapp.core.keys import KeyRing
from webapp.store.sql.clients import SqlClients


def secret_in(result: Result) -> str:
    return result.output.partition("client_secret: ")[2].strip()


def test_the_first_admin(app: Flask) -> None:
    arguments = ("users", "create", "root@example.com", "--admin", "--password-stdin")
    result = run(app, *arguments, typed=PASSWORD + "\n")
    assert result.exit_code == 0
    program = Program(app)
    program.log_in("root@example.com")
    assert program.call("GET", "/users").status_code == 200
    again = run(app, *arguments, typed=PASSWORD + "\n")
    assert again.exit_code == 1
    assert again.output == "Error: That e-mail address already has an account.\n"


def test_a_client_its_secret_and_its_end(app: Flask) -> None:
    secret = secret_in(run(app, "clients", "create", "shop", "--name", "Shop"))
    program = Program(app)
    token = program.log_in(client_id="shop", client_secret=secret)["refresh_token"]

    newer = secret_in(run(app, "clients", "rotate-secret", "shop"))
    old = program.refresh(token, client_id="shop", client_secret=secret)
    assert error_code(old) == "client_invalid"
    assert program.refresh(token, client_id="shop", client_secret=newer).status_code == 200

    assert run(app, "clients", "delete", "shop", "--yes").exit_code == 0
    assert error_code(program.call("GET", "/protected")) == "session_ended"


def test_a_later_client_of_the_same_name_inherits_no_session(app: Flask) -> None:
    secret = secret_in(run(app, "clients", "create", "shop"))
    token = Program(app).log_in(client_id="shop", client_secret=secret)["refresh_token"]
    with app.app_context():
        SqlClients().delete("shop")  # and then the power went out
    run(app, "clients", "create", "shop", "--public")
    assert error_code(Program(app).refresh(token, client_id="shop")) == "session_ended"


def test_a_list_without_secrets(app: Flask) -> None:
    secret = secret_in(run(app, "clients", "create", "shop"))
    run(app, "clients", "create", "phone", "--public")
    shown = json.loads(run(app, "clients", "list", "--json").output)
    assert [(c["client_id"], c["confidential"]) for c in shown] == [
        ("phone", False),
        ("shop", True),
    ]
    assert secret not in run(app, "clients", "list").output
    assert "hash" not in run(app, "clients", "list", "--json").output


@pytest.mark.parametrize("name", ["browser", "api", "a b", "../x", ""])
def test_names_that_no_client_may_have(app: Flask, name: str) -> None:
    assert run(app, "clients", "create", name).exit_code == 1


def test_a_public_client_has_no_secret_to_rotate(app: Flask) -> None:
    run(app, "clients", "create", "phone", "--public")
    assert run(app, "clients", "rotate-secret", "phone").exit_code == 1


def test_a_new_key_is_one_that_the_settings_take(app: Flask) -> None:
    ring = KeyRing.parse(run(app, "keys", "generate", "k1").output.strip())
    assert ring.signing.kid == "k1"
    pem = run(app, "keys", "generate", "k2", "--algorithm", "ES256").output
    assert pem.startswith("-----BEGIN PRIVATE KEY-----")
