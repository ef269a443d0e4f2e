"""Migrations: run at the start of a development server, or by `flask db upgrade`."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from flask import Flask, current_app
from sqlalchemy import Connection, NullPool, create_engine, text

from . import sqlite
from .models import db
from .revisions import state_of

if TYPE_CHECKING:
    from alembic.script import ScriptDirectory

MIGRATIONS = Path(__file__).parent / "migrations"

# Seconds that a migration waits for another one, which may take minutes for a large table.
MIGRATION_WAIT = 600
# The key of PostgreSQL's advisory lock during migrations: a number that no other program uses.
MIGRATION_LOCK = 0x65766572


def migrate() -> None:
    """Bring the tables up to date. Two processes that start together run one after the other."""
    if not _is_current():
        from flask_migrate import upgrade

        prepare_migrations(current_app)
        upgrade(revision="heads")


def prepare_migrations(app: Flask) -> None:
    """Register Flask-Migrate. Called only where tables may change: its import is slow."""
    from flask_migrate import Migrate

    Migrate(app, db, directory=str(MIGRATIONS), render_as_batch=True)


def scripts() -> "ScriptDirectory":
    """The migrations, as `flask db` finds them. Needs an app context."""
    from alembic.script import ScriptDirectory  # its import is slow

    if "migrate" not in current_app.extensions:
        prepare_migrations(current_app)
    return ScriptDirectory.from_config(current_app.extensions["migrate"].migrate.get_config())


@contextmanager
def migrating() -> Iterator[Connection]:
    """The connection of all migrations of a run: one transaction, one run at a time.

    It has no deadlines: to build an index may take minutes. In SQLite it has no foreign keys:
    Alembic changes a table by a copy and a drop, and the drop would delete the rows that refer
    to it.
    """
    is_sqlite = db.engine.dialect.name == "sqlite"
    connect_args = {"timeout": MIGRATION_WAIT, "isolation_level": None} if is_sqlite else {}
    engine = create_engine(db.engine.url, poolclass=NullPool, connect_args=connect_args)
    if is_sqlite:
        sqlite.keep_private(engine)
    with engine.begin() as connection:
        if is_sqlite:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        elif engine.dialect.name == "postgresql":
            connection.execute(text(f"SELECT pg_advisory_xact_lock({MIGRATION_LOCK})"))
        yield connection


def _is_current() -> bool:
    with db.engine.connect() as connection:
        return state_of(connection, scripts()).is_current
