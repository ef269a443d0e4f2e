"""Health checks of SQL and Redis. Their results may be public."""

from typing import TYPE_CHECKING

import redis
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from .sql.migrate import scripts
from .sql.models import db
from .sql.revisions import state_of

if TYPE_CHECKING:
    from alembic.script import ScriptDirectory

OK = "ok"
PROBE = "ready:probe"
PROBE_TTL = 60  # seconds


def check_sql(app: Flask) -> str:
    """OK, or the problem, in words."""
    try:
        with app.app_context(), db.engine.connect() as connection:
            connection.execute(text("SELECT 1"))
    except SQLAlchemyError:
        return "does not answer"
    return OK


class Migrations:
    """Checks whether the tables match this app's migrations.

    The migrations are read once: those of the next release may appear in the folder while this
    worker still runs, and must be ignored.
    """

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._scripts: ScriptDirectory | None = None

    def ask(self) -> str:
        """OK, or the problem, in words. Newer tables are OK: this worker will be replaced."""
        try:
            with self._app.app_context():
                self._scripts = self._scripts or scripts()
                with db.engine.connect() as connection:
                    state = state_of(connection, self._scripts)
        except SQLAlchemyError:
            return "not known: SQL does not answer"
        if not state.found:
            return "not known: there are no tables"
        return OK if state.is_current or state.is_newer else "not current: run `flask db upgrade`"


def check_redis(client: redis.Redis) -> str:
    """OK, or the problem, in words. Checks a write: without writes no user can sign in or out."""
    try:
        client.set(PROBE, "", ex=PROBE_TTL)
    except redis.ResponseError:
        return "takes no writes"
    except redis.TimeoutError:
        return "does not answer"
    except redis.RedisError:
        return "can't be reached"
    return OK
