"""Many who change the same users at once wait for each other in turn, never in a circle."""

import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from flask import Flask

from tests.conftest import environ, services_of
from tests.support.browser import PASSWORD
from tests.support.postgres import PostgresServer
from tests.support.servers import RedisServer
from webapp import create_app
from webapp.core.end_reasons import EndReason
from webapp.core.errors import EvergreenError
from webapp.core.models import UserChanges
from webapp.core.token_issuer import ClientInfo
from webapp.store.sql.models import db

ADMINS = [f"admin-{i}@example.com" for i in range(3)]
OTHERS = [f"user-{i}@example.com" for i in range(3)]
TIMES = 15

Act = Callable[[Flask, str], object]


@pytest.fixture
def app(tmp_path: Path, postgres: PostgresServer, redis_server: RedisServer) -> Iterator[Flask]:
    with postgres.fresh("template0") as url:
        app = create_app(environ(tmp_path / "instance", redis_server.url) | {"DATABASE_URL": url})
        with app.app_context():
            for email in ADMINS + OTHERS:
                role = "admin" if email in ADMINS else "user"
                services_of(app).accounts.register(email, PASSWORD, role=role, now=time.time())
        yield app
        with app.app_context():
            db.engine.dispose()


def change(**changes: str | bool) -> Act:
    def act(app: Flask, user_id: str) -> None:
        services_of(app).user_admin.change(user_id, UserChanges(**changes), time.time())  # type: ignore[arg-type]

    return act


def rename(app: Flask, user_id: str) -> None:
    name = random.choice(["Ada Lovelace", "Grace Hopper", "Ada"])
    services_of(app).user_admin.change(user_id, UserChanges(name=name), time.time())


def move(app: Flask, user_id: str) -> None:
    email = f"{random.randrange(10**6)}@example.com"
    services_of(app).user_admin.change(
        user_id, UserChanges(email=email, disabled=False), time.time()
    )


def come_and_go(app: Flask, user_id: str) -> None:
    services, now = services_of(app), time.time()
    user = services.accounts.authenticate(services.accounts.profile(user_id).email, PASSWORD, now)
    grant = services.sessions.start(user, ClientInfo("127.0.0.1", ""), remember=False, now=now)
    services.sessions.end(grant.session.sid, EndReason.LOGOUT, now)


def remove(app: Flask, user_id: str) -> None:
    services_of(app).user_admin.remove(user_id, time.time())


ROLES = [change(role="admin"), change(role="user")]
DISABLING = [change(disabled=True), change(disabled=False)]
PASSWORDS = [change(password="a whole new wool jumper"), rename]


@pytest.mark.parametrize(
    "acts",
    [ROLES, [*ROLES, *DISABLING, rename, move], [*PASSWORDS, *DISABLING, move, come_and_go]],
    ids=["roles", "roles, names and addresses", "passwords and sessions"],
)
def test_parallel_changes_of_the_same_users(
    app: Flask, caplog: pytest.LogCaptureFixture, acts: list[Act]
) -> None:
    with app.app_context():
        found = [services_of(app).accounts.find(email)[0] for email in ADMINS[1:] + OTHERS[:1]]
    assert_no_deadlock(app, caplog, acts, [user.id for user in found if user])


def test_accounts_that_are_deleted_while_their_sessions_end(
    app: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    with app.app_context():
        found = [services_of(app).accounts.find(email)[0] for email in ADMINS + OTHERS]
    ids = [user.id for user in found if user]
    assert_no_deadlock(app, caplog, [come_and_go] * 16 + [remove, *ROLES], ids)


def assert_no_deadlock(
    app: Flask, caplog: pytest.LogCaptureFixture, acts: list[Act], ids: list[str]
) -> None:
    """What is too slow on a busy machine is a 503, and no deadlock."""

    def act(number: int) -> str:
        with app.app_context():
            try:
                random.choice(acts)(app, random.choice(ids))
            except EvergreenError as refusal:
                return refusal.code
        return "done"

    with ThreadPoolExecutor(6) as pool:
        outcomes = Counter(pool.map(act, range(6 * TIMES)))
    assert outcomes["done"], outcomes
    assert "deadlock" not in caplog.text
