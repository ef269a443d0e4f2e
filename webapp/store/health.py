"""Whether the places where state lives can be used: in words that may be public."""

import redis
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from .database import NEWEST_MIGRATION
from .models import db

OK = "ok"
PROBE = "ready:probe"
PROBE_LASTS = 60  # seconds


def ask_sql(app: Flask) -> str:
    try:
        with app.app_context(), db.engine.connect() as connection:
            connection.execute(text("SELECT 1"))
    except SQLAlchemyError:
        return "does not answer"
    return OK


def ask_migrations(app: Flask) -> str:
    """Newer ones than this app's are none of its troubles: it is about to be replaced."""
    try:
        with app.app_context(), db.engine.connect() as connection:
            found = connection.scalar(text("SELECT version_num FROM alembic_version"))
    except DBAPIError:
        return "not known: there are no tables, or SQL does not answer"
    except SQLAlchemyError:
        return "not known: SQL does not answer"
    return OK if found and found >= NEWEST_MIGRATION else "not current: run `flask db upgrade`"


def ask_redis(client: redis.Redis) -> str:
    """Also whether it takes writes: without them nobody can be signed in, or out."""
    try:
        client.set(PROBE, "", ex=PROBE_LASTS)
    except redis.ResponseError:
        return "takes no writes"
    except redis.TimeoutError:
        return "does not answer"
    except redis.RedisError:
        return "can't be reached"
    return OK
