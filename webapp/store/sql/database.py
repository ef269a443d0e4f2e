"""The SQL engine and its options."""

import os
from typing import Any

from flask import Flask
from sqlalchemy.engine import URL

from . import sqlite
from .migrate import prepare_migrations
from .models import db

# Seconds that a statement waits for a lock or a connection: a request that waits twice still
# answers with 503 within a second.
LOCK_WAIT = 0.4


def init_database(app: Flask, url: URL, connections: int) -> None:
    """Create the engine with `connections` pooled connections, and register it with the app."""
    app.config["SQLALCHEMY_DATABASE_URI"] = url
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = _engine_options(url, connections)
    db.init_app(app)
    if os.environ.get("FLASK_RUN_FROM_CLI") == "true":  # as in `flask db upgrade`
        prepare_migrations(app)
    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            sqlite.prepare(db.engine)
        elif db.engine.dialect.driver == "psycopg":
            from . import postgres  # its driver is slow to load

            postgres.prepare(db.engine)


def _engine_options(url: URL, connections: int) -> dict[str, Any]:
    # Logs and errors show statements without their values, which are personal data.
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
