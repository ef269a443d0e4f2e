"""The SQL database: there, new enough, with its tables up to date, near, and in time."""

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from flask import current_app
from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError

from webapp.config import ConfigError, Settings, using
from webapp.core.errors import first_line
from webapp.store.sql.database import init_database
from webapp.store.sql.migrate import scripts
from webapp.store.sql.models import db
from webapp.store.sql.revisions import state_of

from .finding import Finding, ok, problem, warning
from .latency_and_clock import clock, latency

UPGRADE = "flask --app app db upgrade"
# It has RETURNING. The oldest that its makers still mend.
LEAST_SQLITE, LEAST_POSTGRESQL = (3, 35), (14,)


def prepare_engine(settings: Settings) -> list[str]:
    """Make the engine that `check_sql` needs, where no app could be made.

    Returns a line about DATABASE_URL if there can be no engine.
    """
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    try:
        with using("DATABASE_URL"):
            init_database(app, settings.sql_url, settings.database_connections)
    except ConfigError as error:
        return [str(error)]
    return []


def check_sql(leeway: int, now: Callable[[], float]) -> Iterator[Finding]:
    """Needs an app context."""
    if is_missing():
        yield problem("sql.reachable", "there is no SQLite file yet", UPGRADE)
        return
    try:
        with db.engine.connect() as connection:
            dialect = connection.dialect.name
            yield ok("sql.reachable", f"{dialect} answers")
            yield version(connection)
            yield migrations(connection)
            yield latency("sql.latency", lambda: connection.scalar(text("SELECT 1")))
            if dialect == "postgresql":
                yield clock("clock.sql", lambda: seconds(connection), now, leeway)
    except SQLAlchemyError as error:
        advice = "start it, or correct DATABASE_URL; until then every sign-in is a 503"
        yield problem("sql.reachable", f"it can't be used: {first_line(error)}", advice)


def is_missing() -> bool:
    """Checked first: to connect to an SQLite file would create it, and a check changes nothing."""
    url = db.engine.url
    return url.get_backend_name() == "sqlite" and not Path(url.database or "").exists()


def version(connection: Connection) -> Finding:
    check = "sql.version"
    found: tuple[int | str, ...]
    least: tuple[int, ...]
    if connection.dialect.name == "sqlite":
        found, least = sqlite3.sqlite_version_info, LEAST_SQLITE
    elif connection.dialect.name == "postgresql":
        found, least = connection.dialect.server_version_info or (0,), LEAST_POSTGRESQL
    else:
        return warning(check, f"{connection.dialect.name} is not tested", "use PostgreSQL")
    number = ".".join(map(str, found))
    if tuple(found) < least:
        return problem(check, number, f"{'.'.join(map(str, least))} or newer is needed")
    return ok(check, number)


def migrations(connection: Connection) -> Finding:
    check, state = "sql.migrations", state_of(connection, scripts())
    heads, found = listed(state.heads), listed(state.found)
    if state.is_current:
        return ok(check, f"{heads}, the newest")
    if state.is_newer:
        advice = "update this host's app: another one has migrated the tables already"
        return problem(check, f"the tables are at {found}, this app knows {heads}", advice)
    at = f"the tables are at {found}, not {heads}" if found else "there are no tables yet"
    several = " heads" if len(state.heads) > 1 else ""
    return problem(check, at, UPGRADE + several)


def listed(revisions: Iterable[str]) -> str:
    return ", ".join(sorted(revisions))


def seconds(connection: Connection) -> float:
    return float(connection.scalar(text("SELECT extract(epoch FROM clock_timestamp())")) or 0)
