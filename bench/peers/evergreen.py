"""This app, as in production, with one more page."""

import time
from pathlib import Path

from flask import Flask
from sqlalchemy.engine import make_url

from webapp import create_app as create_evergreen
from webapp.core.policy import Permission
from webapp.store.sql.migrate import migrate
from webapp.web.authorization import requires

from . import EMAIL, LIFETIME, PASSWORD, SECRET, page


def create_app(redis_url: str, sql_url: str) -> Flask:
    folder = Path(make_url(sql_url).database or "").with_suffix("")
    app = create_evergreen(settings(folder, redis_url, sql_url))
    app.get("/page")(requires(Permission.OWN_ACCOUNT)(page))
    return app


def settings(folder: Path, redis_url: str, sql_url: str) -> dict[str, str]:
    return {
        "WEBAPP_INSTANCE_PATH": str(folder),
        "REDIS_URL": redis_url,
        "DATABASE_URL": sql_url,
        "WEBAPP_SECRET_KEY": SECRET,
        "WEBAPP_ACCESS_TOKEN_KEYS": f"a1:{'a' * 43}",
        "WEBAPP_REFRESH_TOKEN_KEYS": f"r1:{'r' * 43}",
        "WEBAPP_ACCESS_TOKEN_TTL": str(LIFETIME),
        # It slows down the login, which is not what is measured here; storm.py takes the default.
        "WEBAPP_BCRYPT_ROUNDS": "10",
    }


def prepare(app: Flask) -> None:
    services = app.extensions["evergreen"]
    with app.app_context():
        migrate()
        services.accounts.register(EMAIL, PASSWORD, name="Ada", now=time.time())
