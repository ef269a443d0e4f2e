"""Response times with a thousand sessions stored, and with a million.

Both are measured in the same database: SQLite, or the empty one that DATABASE_URL names. Then the
query plans are printed.
"""

import os
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from flask import Flask

from webapp import create_app
from webapp.core.policy import Role
from webapp.store.sql.models import UserRow, db

from . import report
from .client import Client, Response, request
from .peers import PASSWORD, evergreen
from .query_counts import count
from .refresh import api_refresh
from .rounds import Spread
from .seed_data import analyze, seed
from .servers import redis_server, sqlite_url

FEW = 1000
CALLS = 15
ADMIN = "admin@example.com"
# Sessions of the admin, for the list of devices.
SIGN_INS = 5

Job = Callable[[], object]


def run(sessions: int) -> None:
    print(f"Measured: {report.machine()}")
    with redis_server() as redis, TemporaryDirectory(prefix="bench-") as folder:
        sql_url = os.environ.get("DATABASE_URL") or sqlite_url(Path(folder), "evergreen")
        settings = evergreen.settings(Path(folder, "instance"), f"{redis}/0", sql_url)
        app = create_app(settings)
        jobs = prepare(app)
        seed(app, f"{redis}/0", range(FEW))
        few = {name: milliseconds(job) for name, job in jobs.items()}
        began = time.monotonic()
        seed(app, f"{redis}/0", range(FEW, sessions))
        analyze(app)
        print(f"\nFilled in {time.monotonic() - began:.0f} s.")
        many = {name: milliseconds(job) for name, job in jobs.items()}
        show(few, many, sessions)
        for name, job in jobs.items():
            explain(app, name, job)


def show(few: dict[str, Spread], many: dict[str, Spread], sessions: int) -> None:
    report.table(
        "Milliseconds by the clock, in-process (median, min-max)",
        ["", f"at {FEW:,} sessions", f"at {sessions:,}", "ratio"],
        [
            [
                name,
                report.spread(few[name], 1),
                report.spread(many[name], 1),
                f"{many[name].median / few[name].median:.2f}",
            ]
            for name in few
        ],
    )


def prepare(app: Flask) -> dict[str, Job]:
    """The measured requests by name, all of an admin with several sessions."""
    evergreen.prepare(app)
    with app.app_context():
        if db.session.query(UserRow).count() > 1:
            raise SystemExit("DATABASE_URL: must name an empty database")
        accounts = app.extensions["evergreen"].accounts
        accounts.register(ADMIN, PASSWORD, role=Role.ADMIN, now=time.time())
    cookies = [Client(app).sign_in(ADMIN).cookies for _ in range(SIGN_INS)][-1]
    bearer = {"HTTP_AUTHORIZATION": f"Bearer {cookies['access_token']}"}

    def call(path: str, query: str = "", **more: str) -> Job:
        return lambda: Response(app, request(path, cookies, QUERY_STRING=query, **more))

    return {
        "POST /api/v1/auth/refresh": api_refresh(app, users=1),
        "/account/sessions": call("/account/sessions"),
        "/account/activity": call("/account/activity"),
        "/api/v1/users?q=user77": call("/api/v1/users", "q=user77", **bearer),
        "/admin/users?q=user77": call("/admin/users", "q=user77"),
        "/admin/users": call("/admin/users"),
        "/admin/events": call("/admin/events"),
    }


def milliseconds(job: Job) -> Spread:
    return Spread.of([timed(job) for _ in range(CALLS)][2:])


def timed(job: Job) -> float:
    began = time.perf_counter()
    response = job()
    assert not isinstance(response, Response) or response.status == "200 OK", response.status
    return (time.perf_counter() - began) * 1000


def explain(app: Flask, name: str, job: Job) -> None:
    print(f"\n{name}")
    for text, values in count(job).statements:
        print("  " + " ".join(text.split())[:150])
        with app.app_context(), db.engine.connect() as connection:
            plan = "EXPLAIN QUERY PLAN" if connection.dialect.name == "sqlite" else "EXPLAIN"
            for row in connection.exec_driver_sql(f"{plan} {text}", values):
                print(f"    {row[-1]}")
