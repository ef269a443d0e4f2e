"""What development does by itself, also where two workers do it at once."""

from pathlib import Path

import pytest
from flask import Flask

from tests.conftest import environ, services_of
from tests.support.servers import RedisServer
from webapp import create_app
from webapp.core.accounts import Accounts
from webapp.development import create_demo_account


def test_of_two_workers_that_start_together_one_creates_the_demo_account(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Accounts, "knows", lambda *_: False)  # not when this one looked
    with app.app_context():
        create_demo_account(services_of(app).accounts, now=0)


def test_nobody_else_on_the_machine_may_read_the_database(
    tmp_path: Path, redis_server: RedisServer
) -> None:
    folder = tmp_path / "open to all"
    folder.mkdir(mode=0o755)
    create_app(environ(folder, redis_server.url))
    assert not [file.name for file in folder.glob("*.db*") if file.stat().st_mode & 0o007]
    assert (folder / "evergreen.db").exists()
