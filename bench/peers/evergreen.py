"""Evergreen with its production settings, and the page."""

import time
from pathlib import Path

from flask import Flask
from sqlalchemy.engine import make_url

from webapp import create_app as create_evergreen
from webapp.core.policy import Permission
from webapp.store.sql.migrate import migrate
from webapp.web.auth.authorization import requires

from . import EMAIL, LIFETIME, PASSWORD, SECRET, add_page


def create_app(redis_url: str, sql_url: str) -> Flask:
    folder = Path(make_url(sql_url).database or "").with_suffix("")
    app = create_evergreen(settings(folder, redis_url, sql_url))
    signed_in = requires(Permission.OWN_ACCOUNT)
    add_page(app, signed_in)
    # The silent refresh is measured here: the peer's refresh renders no page either.
    app.get("/empty")(signed_in(lambda: ("", 204)))
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
        # A cheap hash: only login_load.py measures logins, with the default.
        "WEBAPP_BCRYPT_ROUNDS": "10",
    }


def prepare(app: Flask) -> None:
    services = app.extensions["evergreen"]
    with app.app_context():
        migrate()
        services.accounts.register(EMAIL, PASSWORD, name="Ada", now=time.time())
