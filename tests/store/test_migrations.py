"""The migrations make what the models say, and can be taken back with data in place."""

import sqlite3
from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask
from flask_migrate import downgrade, upgrade

from tests.support.browser import Browser
from webapp.store.database import prepare_migrations
from webapp.store.models import Base, db


def test_they_make_what_the_models_say(app: Flask) -> None:
    with app.app_context(), db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_down_and_up_again_with_data_in_place(
    app: Flask, browser: Browser, environment: dict[str, str]
) -> None:
    browser.sign_in()
    prepare_migrations(app)
    with app.app_context():
        downgrade(revision="0001")
        upgrade()
    assert browser.is_in()
    with app.app_context():
        downgrade(revision="base")
        db.engine.dispose()
    database = Path(environment["WEBAPP_INSTANCE_PATH"]) / "evergreen.db"
    with sqlite3.connect(database) as sql:
        tables = {name for (name,) in sql.execute("SELECT name FROM sqlite_master")}
    sql.close()
    assert "users" not in tables
