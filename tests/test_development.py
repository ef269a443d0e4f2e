"""What development does by itself, also where two workers do it at once."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from tests.conftest import environ, services_of
from tests.support.commands import run
from tests.support.servers import RedisServer
from tests.test_config import SECRETS
from webapp import create_app
from webapp.core.accounts import Accounts
from webapp.development import create_demo_account


@pytest.fixture
def open_umask() -> Iterator[None]:
    """New files can be read by all users of the machine."""
    before = os.umask(0)
    yield
    os.umask(before)


def modes(folder: Path) -> dict[str, int]:
    return {file.name: file.stat().st_mode & 0o777 for file in folder.glob("evergreen.db*")}


@pytest.mark.usefixtures("open_umask")
def test_the_database_is_its_owners_alone_and_inside_a_folder_of_any_name(
    tmp_path: Path, redis_server: RedisServer
) -> None:
    folder = tmp_path / "in st?mode=memory#%3F&,[x]"
    create_app(environ(folder, redis_server.url) | {"WEBAPP_ACCESS_TOKEN_ALGORITHM": "ES256"})
    assert [file.name for file in tmp_path.iterdir()] == [folder.name]
    assert folder.stat().st_mode & 0o777 == 0o700
    found = modes(folder)
    assert set(found) == {"evergreen.db", "evergreen.db-wal", "evergreen.db-shm"}
    assert set(found.values()) == {0o600}


@pytest.mark.usefixtures("open_umask")
def test_a_database_that_others_could_read_is_closed_to_them(environment: dict[str, str]) -> None:
    folder = Path(environment["WEBAPP_INSTANCE_PATH"])
    create_app(environment)
    for name in modes(folder):
        (folder / name).chmod(0o644)
    create_app(environment)
    assert set(modes(folder).values()) == {0o600}


def test_doctor_creates_no_database(tmp_path: Path, redis_server: RedisServer) -> None:
    production = SECRETS | {"WEBAPP_MODE": "production", "WEBAPP_BCRYPT_ROUNDS": "12"}
    looked = run(create_app(environ(tmp_path, redis_server.url) | production), "doctor")
    assert "there is no SQLite file yet" in looked.stdout
    assert looked.stderr.startswith("Warning: DATABASE_URL is not set")
    assert modes(tmp_path) == {}


def test_commands_that_fall_back_to_sqlite_warn_in_production_alone(
    environment: dict[str, str],
) -> None:
    own = SECRETS | {"WEBAPP_MODE": "production", "WEBAPP_BCRYPT_ROUNDS": "12"}
    warned = run(create_app(environment | own), "users", "list", "--json")
    assert warned.stderr.startswith("Warning: DATABASE_URL is not set")
    assert json.loads(warned.stdout)
    file = f"{environment['WEBAPP_INSTANCE_PATH']}/evergreen.db"
    chosen = create_app(environment | own | {"DATABASE_URL": f"sqlite:///{file}"})
    for app in (chosen, create_app(environment)):
        assert run(app, "users", "list").stderr == ""


def test_of_two_workers_that_start_together_one_creates_the_demo_account(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Accounts, "exists", lambda *_: False)  # not when this one looked
    with app.app_context():
        create_demo_account(services_of(app).accounts, now=0)
