"""Does the end of all sessions take as long for 100,000 of one user as for one hundred?

On SQLite, or in the empty database that DATABASE_URL names. Each operation has users of its own.
"""

import os
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from flask import Flask

from webapp import create_app
from webapp.core.end_reasons import EndReason
from webapp.core.errors import InvalidCredentials, Unavailable
from webapp.core.grants import BROWSER_CLIENT, Grant, Origin
from webapp.core.links import Purpose
from webapp.core.models import Changes, User
from webapp.store.models import EventRow, SessionRow
from webapp.store.sql.migrate import migrating
from webapp.web.services import Services

from . import report
from .fill import BATCH, event_row, insert_into, new_session
from .million import count_rows
from .peers import PASSWORD, evergreen
from .servers import redis_server, sqlite_url
from .visitor import USER_AGENT

FEW = 100
NEW = "a whole new wool jumper"
HERE = Origin("192.0.2.1", USER_AGENT, BROWSER_CLIENT)
# Seconds in which all rows are written after the answer.
PATIENCE = 600
# Seconds between two sign-ins of the same user meanwhile.
SIGN_IN_EVERY = 0.2

Operation = Callable[[Services, User, Grant], object]


@dataclass
class Took:
    answer: float
    rest: float = 0
    """Until the last row is written, in the background."""
    refused: int = 0
    """Sign-ins and lists of the same user that could not be answered meanwhile."""
    slowest: float = 0
    """Of these."""


def reset(services: Services, user: User, mine: Grant) -> None:
    found, hashed = services.accounts.find(user.email)
    assert found
    assert hashed
    token = services.links.make(Purpose.RESET, found, hashed, services.now())
    services.registration.reset(token, NEW, services.now())


def change_password(services: Services, user: User, mine: Grant) -> None:
    ended = services.accounts.change_password(
        user.id, PASSWORD, NEW, services.now(), but=mine.session.sid
    )
    services.sessions.bury_all(ended, services.now())


def end_others(services: Services, user: User, mine: Grant) -> None:
    services.devices.end_all(
        user.id, EndReason.ENDED_ELSEWHERE, services.now(), but=mine.session.sid
    )


def disable(services: Services, user: User, mine: Grant) -> None:
    services.directory.change(user.id, Changes(disabled=True), services.now())


def enable(services: Services, user: User, mine: Grant) -> None:
    services.directory.change(user.id, Changes(disabled=False), services.now())


OPERATIONS: dict[str, Operation] = {
    "disable": disable,
    "enable": enable,
    "reset": reset,
    "change the password": change_password,
    "end others": end_others,
    "delete": lambda services, user, mine: services.directory.remove(user.id, services.now()),
    "list the devices": lambda services, user, mine: services.devices.of(user.id, services.now()),
    "sign in": lambda services, user, mine: services.sessions.start(
        user, HERE, remember=True, now=services.now()
    ),
}


def run(sessions: int) -> None:
    print(f"Measured: {report.machine()}")
    with redis_server() as redis, TemporaryDirectory(prefix="bench-") as folder:
        sql_url = os.environ.get("DATABASE_URL") or sqlite_url(Path(folder), "evergreen")
        app = create_app(evergreen.settings(Path(folder, "instance"), f"{redis}/0", sql_url))
        evergreen.prepare(app)
        few = {name: timed(app, FEW, job) for name, job in OPERATIONS.items()}
        many = {name: timed(app, sessions, job) for name, job in OPERATIONS.items()}
    report.table(
        "Until the answer, until all rows are written, and what others notice meanwhile",
        ["", f"{FEW} sessions", f"{sessions:,} sessions", "rows", "refused", "slowest"],
        [
            [
                name,
                f"{few[name].answer * 1000:.0f} ms",
                f"{many[name].answer * 1000:.0f} ms",
                f"{many[name].rest:.0f} s",
                str(many[name].refused),
                f"{many[name].slowest * 1000:.0f} ms",
            ]
            for name in OPERATIONS
        ],
    )


def timed(app: Flask, sessions: int, operation: Operation) -> Took:
    """Raises Unavailable: what would have been a 503."""
    services: Services = app.extensions["evergreen"]
    with app.app_context():
        email = f"{uuid.uuid4()}@example.com"
        user = services.accounts.register(email, PASSWORD, now=services.now())
        mine = services.sessions.start(user, HERE, remember=True, now=services.now())
        fill(user, sessions)
        count_rows(app)
        began = time.monotonic()
        operation(services, user, mine)
        took = Took(time.monotonic() - began)
        began = time.monotonic()
        user = replace(user, proof="")
        while services.background.waiting or not services.background.finish(0.05):
            asked = time.monotonic()
            try:
                services.sessions.start(user, HERE, remember=True, now=services.now())
                services.devices.of(user.id, services.now())
            except InvalidCredentials:
                pass  # deleted
            except Unavailable:
                took.refused += 1
            took.slowest = max(took.slowest, time.monotonic() - asked)
            time.sleep(SIGN_IN_EVERY)
            if time.monotonic() - began > PATIENCE:
                break
        took.rest = time.monotonic() - began
    return took


def fill(user: User, count: int) -> None:
    for first in range(0, count, BATCH):
        opened = [new_session(user.id) for _ in range(min(BATCH, count - first))]
        rows = [{name: getattr(each, name) for name in each.__slots__} for each in opened]
        with migrating() as connection:  # it has no limits of time
            insert_into(connection, SessionRow, iter(rows))
            insert_into(connection, EventRow, (event_row(each) for each in opened))
