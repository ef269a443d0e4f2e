"""The end of all sessions of one user, with 100 sessions and with 100,000.

On SQLite, or in the empty database that DATABASE_URL names. Each operation has its own users.
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
from webapp.core.email_tokens import Purpose
from webapp.core.end_reasons import EndReason
from webapp.core.errors import InvalidCredentials, Unavailable
from webapp.core.models import User, UserChanges
from webapp.core.token_issuer import BROWSER_CLIENT, ClientInfo, IssuedTokens
from webapp.web.services import Services

from . import report
from .client import USER_AGENT
from .peers import PASSWORD, evergreen
from .seed_data import analyze, seed_one_user
from .servers import redis_server, sqlite_url

FEW = 100
NEW = "a whole new wool jumper"
HERE = ClientInfo("192.0.2.1", USER_AGENT, BROWSER_CLIENT)
# Seconds after the response within which all rows are written.
LIMIT = 600
# Seconds between two sign-ins of the same user while the rows are written.
SIGN_IN_EVERY = 0.2

Operation = Callable[[Services, User, IssuedTokens], object]


@dataclass
class Result:
    """Times in seconds."""

    response: float
    background: float = 0
    """From the response until the last row is written."""
    refused: int = 0
    """Sign-ins of the same user in that time that failed with Unavailable."""
    slowest: float = 0
    """The slowest sign-in of the same user in that time, with a list of the devices."""


def reset(services: Services, user: User, mine: IssuedTokens) -> None:
    found, hashed = services.accounts.find(user.email)
    assert found
    assert hashed
    token = services.email_tokens.make(Purpose.RESET, found, hashed, services.now())
    services.registration.reset(token, NEW, services.now())


def change_password(services: Services, user: User, mine: IssuedTokens) -> None:
    ended = services.accounts.change_password(
        user.id, PASSWORD, NEW, services.now(), but=mine.session.sid
    )
    services.sessions.write_tombstones(ended, services.now())


def end_others(services: Services, user: User, mine: IssuedTokens) -> None:
    services.devices.end_all(
        user.id, EndReason.ENDED_ELSEWHERE, services.now(), but=mine.session.sid
    )


def disable(services: Services, user: User, mine: IssuedTokens) -> None:
    services.user_admin.change(user.id, UserChanges(disabled=True), services.now())


def enable(services: Services, user: User, mine: IssuedTokens) -> None:
    services.user_admin.change(user.id, UserChanges(disabled=False), services.now())


OPERATIONS: dict[str, Operation] = {
    "disable": disable,
    "enable": enable,
    "reset": reset,
    "change the password": change_password,
    "end others": end_others,
    "delete": lambda services, user, mine: services.user_admin.remove(user.id, services.now()),
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
        few = {name: measure(app, FEW, job) for name, job in OPERATIONS.items()}
        many = {name: measure(app, sessions, job) for name, job in OPERATIONS.items()}
    report.table(
        "Response time, time until all rows are written, and the same user's sign-ins meanwhile",
        ["", f"{FEW} sessions", f"{sessions:,} sessions", "rows", "refused", "slowest"],
        [
            [
                name,
                f"{few[name].response * 1000:.0f} ms",
                f"{many[name].response * 1000:.0f} ms",
                f"{many[name].background:.0f} s",
                str(many[name].refused),
                f"{many[name].slowest * 1000:.0f} ms",
            ]
            for name in OPERATIONS
        ],
    )


def measure(app: Flask, sessions: int, operation: Operation) -> Result:
    """Raises Unavailable if the operation fails: a request would get 503."""
    services: Services = app.extensions["evergreen"]
    with app.app_context():
        email = f"{uuid.uuid4()}@example.com"
        user = services.accounts.register(email, PASSWORD, now=services.now())
        mine = services.sessions.start(user, HERE, remember=True, now=services.now())
        seed_one_user(user.id, sessions)
        analyze(app)
        began = time.monotonic()
        operation(services, user, mine)
        result = Result(time.monotonic() - began)
        began = time.monotonic()
        while services.background.waiting or not services.background.finish(0.05):
            sign_in(services, replace(user, verified_password_hash=""), result)
            time.sleep(SIGN_IN_EVERY)
            if time.monotonic() - began > LIMIT:
                break
        result.background = time.monotonic() - began
    return result


def sign_in(services: Services, user: User, result: Result) -> None:
    began = time.monotonic()
    try:
        services.sessions.start(user, HERE, remember=True, now=services.now())
        services.devices.of(user.id, services.now())
    except InvalidCredentials:
        pass  # the user is deleted
    except Unavailable:
        result.refused += 1
    result.slowest = max(result.slowest, time.monotonic() - began)
