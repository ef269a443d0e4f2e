"""Evergreen passes the conformance kit: by its pages and its API, on one Redis and on a Cluster."""

from collections.abc import Iterator

import pytest
import redis
from flask import Flask

from tests.conformance import ALL, Outcome
from tests.conformance.check import Check
from tests.conformance.http import HttpAdapter
from tests.conformance.run import carry_out
from tests.conformance.schedules import random_schedules
from tests.conftest import services_of
from tests.support.browser import EMAIL, PASSWORD
from tests.support.clock import Clock
from tests.support.redis_cluster import ClusterServers
from tests.support.redis_processes import Process
from tests.support.servers import (
    BUSY_SECOND,
    RedisServer,
    Snapshot,
    roll_back,
    serving,
    take_snapshot,
)
from webapp import create_app
from webapp.core.models import UserChanges

Servers = RedisServer | ClusterServers
# A schedule is about ten requests.
SCHEDULES = 15
ON_CLUSTER = pytest.mark.thorough("Sentinel and Cluster")
BY_API = pytest.mark.thorough("conformance by the API")
FIXTURES = {"one Redis": "redis_server", "Cluster": "cluster"}


class Evergreen(HttpAdapter):
    """With the operations on an app that runs in this process."""

    app: Flask
    clock: Clock
    servers: Servers
    saved: Snapshot

    def advance(self, seconds: float) -> None:
        self.clock.advance(seconds)

    def disable_user(self) -> None:
        self._change(UserChanges(disabled=True))

    def enable_user(self) -> None:
        self._change(UserChanges(disabled=False))

    def _change(self, changes: UserChanges) -> None:
        services = services_of(self.app)
        with self.app.app_context():
            user, _ = services.accounts.find(EMAIL)
            assert user
            services.user_admin.change(user.id, changes, services.now())

    def restart_store(self) -> None:
        """All at once, as by a power cut. What a Redis writes to disk, it has again."""
        self.save_store()
        for server in self._processes():
            server.stop()
        for server in self._processes():
            server.start()
        if isinstance(self.servers, ClusterServers):
            self.servers.repair()
        self.roll_back_store()

    def empty_store(self) -> None:
        self._client().flushall()

    def save_store(self) -> None:
        self.saved = take_snapshot(self._client())

    def roll_back_store(self) -> None:
        roll_back(self._client(), self.saved)

    def pause_store(self) -> None:
        for server in self._processes():
            server.pause()

    def resume_store(self) -> None:
        for server in self._processes():
            server.resume()

    def _processes(self) -> list[RedisServer] | list[Process]:
        return [self.servers] if isinstance(self.servers, RedisServer) else self.servers.all

    def _client(self) -> "redis.Redis | redis.RedisCluster":
        if isinstance(self.servers, RedisServer):
            return self.servers.client()
        port = self.servers.nodes[0].port
        return redis.RedisCluster(port=port, host="127.0.0.1", decode_responses=True)


def pages(address: str) -> Evergreen:
    """A browser: each page refreshes silently."""
    return Evergreen(
        login_url=f"{address}/login",
        login_body={"email": EMAIL, "password": PASSWORD, "remember": "y"},
        form=True,
        from_page=True,
        refresh_url=f"{address}/dashboard",
        refresh_method="GET",
        refresh_cookie="refresh_token",
        access_cookie="access_token",
        call_url=f"{address}/dashboard",
        logout_url=f"{address}/logout",
        headers={"User-Agent": "conformance", "Accept": "text/html"},
    )


def api(address: str) -> Evergreen:
    """A program."""
    auth = f"{address}/api/v1/auth"
    return Evergreen(
        login_url=f"{auth}/login",
        login_body={"email": EMAIL, "password": PASSWORD},
        refresh_url=f"{auth}/refresh",
        refresh_field="data.auth.refresh_token",
        access_field="data.auth.access_token",
        call_url=f"{auth}/profile",
        logout_url=f"{auth}/revoke",
    )


WAYS = {"pages": pages, "API": api}


@pytest.fixture(params=["one Redis", pytest.param("Cluster", marks=ON_CLUSTER)])
def servers(request: pytest.FixtureRequest) -> Servers:
    found: Servers = request.getfixturevalue(FIXTURES[request.param])
    return found


@pytest.fixture
def app(environment: dict[str, str], clock: Clock, servers: Servers) -> Flask:
    return create_app(environment | {"REDIS_URL": servers.url}, clock)


@pytest.fixture(params=["pages", pytest.param("API", marks=BY_API)])
def evergreen(
    request: pytest.FixtureRequest, app: Flask, clock: Clock, servers: Servers
) -> Iterator[Evergreen]:
    settings = services_of(app).settings
    with serving(app) as address:
        adapter = WAYS[request.param](address)
        adapter.app, adapter.clock, adapter.servers = app, clock, servers
        adapter.grace = settings.refresh_grace
        adapter.absolute_limit = settings.session_max_age
        yield adapter


@pytest.fixture(autouse=True)
def busy(monkeypatch: pytest.MonkeyPatch) -> None:
    """How long Evergreen may take here says nothing about it: bench/ measures that."""
    monkeypatch.setattr("tests.conformance.server.PROPAGATION", BUSY_SECOND)
    monkeypatch.setattr("tests.conformance.server.RECOVERY", 10 * BUSY_SECOND)


@pytest.mark.parametrize("check", [*ALL, random_schedules(SCHEDULES)], ids=lambda each: each.name)
def test_evergreen_passes(check: Check, evergreen: Evergreen) -> None:
    result = carry_out(check, evergreen)
    if check.name == "cookie_is_protected" and not evergreen.refresh_cookie:
        assert result.outcome is Outcome.NOT_APPLICABLE
    else:
        assert (result.outcome, result.seen) == (Outcome.PASSED, "")
