"""The database of a test, as another program sees it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, NullPool, create_engine, text

from webapp.config_types import database_url


@contextmanager
def connected(environment: dict[str, str]) -> Iterator[Connection]:
    """Each statement is its own transaction."""
    instance = Path(environment["WEBAPP_INSTANCE_PATH"])
    url = environment.get("DATABASE_URL", f"sqlite:///{instance}/evergreen.db")
    engine = create_engine(database_url(url), poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as sql:
        yield sql


@contextmanager
def locked(environment: dict[str, str]) -> Iterator[None]:
    """Another process writes, and takes its time. Reading goes on."""
    with connected(environment) as sql:
        if sql.dialect.name == "sqlite":
            sql.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            sql.exec_driver_sql("BEGIN")
            sql.exec_driver_sql("LOCK TABLE users, sessions, events IN EXCLUSIVE MODE")
        yield
        sql.exec_driver_sql("ROLLBACK")


@contextmanager
def gone(environment: dict[str, str], table: str = "users") -> Iterator[None]:
    """No statement can be answered: the table is not there."""
    with connected(environment) as sql:
        sql.execute(text(f"ALTER TABLE {table} RENAME TO away"))
    yield
    with connected(environment) as sql:
        sql.execute(text(f"ALTER TABLE away RENAME TO {table}"))
