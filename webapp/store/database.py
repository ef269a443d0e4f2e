"""The SQL database: its options, its migrations, and what happens when it can't answer."""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import Flask, current_app
from sqlalchemy import Connection, Dialect, NullPool, Select, create_engine, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, SQLAlchemyError, TimeoutError
from sqlalchemy.sql.compiler import SQLCompiler

from webapp.core.errors import NotFound, Unavailable

from . import sqlite
from .models import db

MIGRATIONS = Path(__file__).parent / "migrations"

# Seconds that a statement waits for a lock or a connection: an honest 503 comes
# within a second, also when a request meets it twice.
LOCK_WAIT = 0.4
# Seconds that a migration waits for another one: that of a large table takes a while.
MIGRATION_WAIT = 600
# Of the lock that migrations hold in PostgreSQL. Any number that no other program uses there.
MIGRATION_LOCK = 0x65766572

log = logging.getLogger(__name__)


def init_database(app: Flask, url: URL, connections: int) -> None:
    app.config["SQLALCHEMY_DATABASE_URI"] = url
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = _engine_options(url, connections)
    db.init_app(app)
    if os.environ.get("FLASK_RUN_FROM_CLI") == "true":  # as in `flask db upgrade`
        prepare_migrations(app)
    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            sqlite.prepare(db.engine)
        elif db.engine.dialect.driver == "psycopg":
            from . import postgres  # its driver takes long to load, too

            postgres.prepare(db.engine)


def migrate() -> None:
    """Bring the tables up to date; two processes that start together take turns."""
    if not _current():
        from flask_migrate import upgrade

        prepare_migrations(current_app)
        upgrade(revision="heads")


def prepare_migrations(app: Flask) -> None:
    """Only where tables are to be changed: the library takes long to load."""
    from flask_migrate import Migrate

    Migrate(app, db, directory=str(MIGRATIONS), render_as_batch=True)


@contextmanager
def migrating() -> Iterator[Connection]:
    """The connection of all migrations of a run: one transaction, one run at a time.

    Without the limits of requests: to build an index may take minutes. And in SQLite without
    foreign keys: it changes a table by writing it anew and dropping the old one, which would
    delete whatever refers to it.
    """
    file = db.engine.dialect.name == "sqlite"
    connect_args = {"timeout": MIGRATION_WAIT, "isolation_level": None} if file else {}
    engine = create_engine(db.engine.url, poolclass=NullPool, connect_args=connect_args)
    if file:
        sqlite.keep_private(engine)
    with engine.begin() as connection:
        if file:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        elif engine.dialect.name == "postgresql":
            connection.execute(text(f"SELECT pg_advisory_xact_lock({MIGRATION_LOCK})"))
        yield connection


@contextmanager
def answering() -> Iterator[None]:
    """What SQL can't answer is an outage, and nobody's fault: Unavailable.

    But a NUL in a text: PostgreSQL can't hold it, so nothing is found by it. NotFound.
    """
    try:
        yield
    except IntegrityError:
        raise
    except DataError as error:
        _forget()
        raise _refusal(error.orig) from error
    except (DBAPIError, TimeoutError) as error:
        _forget()
        raise _unavailable(getattr(error, "orig", error)) from error


def read_row(query: Select[Any], **values: str) -> tuple[Any, ...] | None:
    """The first row, as the driver gives it: by its own cursor, on a connection of the pool.

    For the one query that each refresh asks: all that SQLAlchemy does around a cursor is a fifth
    of it. A boolean is 0 or 1 in SQLite.
    """
    driver = db.engine.dialect.loaded_dbapi
    with answering():
        try:
            connection = db.engine.raw_connection()
        except driver.Error as error:
            raise _unavailable(error) from error
        alone = _alone if db.engine.dialect.name == "postgresql" else nullcontext
        try:
            with alone(connection.driver_connection):
                cursor = connection.cursor()
                cursor.execute(*_spelled(query, values))
                row: tuple[Any, ...] | None = cursor.fetchone()
            return row
        except driver.DataError as error:
            connection.invalidate(error)
            raise _refusal(error) from error
        except driver.Error as error:
            connection.invalidate(error)  # it may be broken, or in the middle of something
            raise _unavailable(error) from error
        finally:
            connection.close()


@contextmanager
def _alone(connection: Any) -> Iterator[None]:
    """For one read: no BEGIN before it and no ROLLBACK after it, one round trip and not three."""
    connection.autocommit = True
    try:
        yield
    finally:
        if not connection.closed:
            connection.autocommit = False


def _spelled(query: Select[Any], values: dict[str, str]) -> tuple[str, Any]:
    """In the driver's own way to name values."""
    found = _compiled(query, db.engine.dialect)
    names = found.positiontup
    return found.string, values if names is None else tuple(values[name] for name in names)


@lru_cache(maxsize=8)
def _compiled(query: Select[Any], dialect: Dialect) -> SQLCompiler:
    compiled = query.compile(dialect=dialect)
    assert isinstance(compiled, SQLCompiler)
    return compiled


@contextmanager
def committing() -> Iterator[None]:
    """One transaction: all of it, or nothing."""
    with answering():
        try:
            yield
            db.session.commit()
        except BaseException:
            _forget()
            raise


def _refusal(error: object) -> NotFound | Unavailable:
    """Of a value: by the driver, so that nothing is found by it, or by the server."""
    return _unavailable(error) if getattr(error, "sqlstate", None) else NotFound()


def _unavailable(error: object) -> Unavailable:
    # The driver's words: they name the cause ("no such table"), and no value.
    log.warning("the database can't answer: %s", error)
    return Unavailable()


def _forget() -> None:
    try:
        db.session.rollback()
    except SQLAlchemyError:
        db.put_away()


def _engine_options(url: URL, connections: int) -> dict[str, Any]:
    # Statements are logged and raised without their values: those are personal.
    options: dict[str, Any] = {
        "hide_parameters": True,
        "pool_size": connections,
        "max_overflow": 0,
        "pool_timeout": LOCK_WAIT,
    }
    if url.get_backend_name() == "sqlite":
        return options | {"connect_args": {"timeout": LOCK_WAIT}}
    options["pool_pre_ping"] = True
    if url.get_driver_name() == "psycopg":
        from . import postgres

        options["connect_args"] = postgres.connect_args(url)
    return options


def _current() -> bool:
    from .revisions import scripts, state_of

    with db.engine.connect() as connection:
        return state_of(connection, scripts()).is_current
