"""The app on its real servers, with a clock that a test can move."""

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from webapp import create_app
from webapp.core.sessions import Sessions
from webapp.web.services import Services

from .support.browser import EMAIL, PASSWORD, Browser
from .support.clock import Clock
from .support.redis_cluster import ClusterServers
from .support.redis_sentinel import SentinelServers
from .support.servers import RedisServer, serving


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path_factory.mktemp("redis")).start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def sentinel_servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SentinelServers]:
    servers = SentinelServers(tmp_path_factory.mktemp("sentinel"))
    try:
        yield servers.start()
    finally:
        servers.stop()


@pytest.fixture(scope="session")
def cluster_servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClusterServers]:
    servers = ClusterServers(tmp_path_factory.mktemp("cluster"))
    try:
        yield servers.start()
    finally:
        servers.stop()


@pytest.fixture
def sentinel(sentinel_servers: SentinelServers) -> SentinelServers:
    """Three servers and three sentinels; a test may do to them what it likes."""
    sentinel_servers.repair()
    sentinel_servers.empty()
    return sentinel_servers


@pytest.fixture
def cluster(cluster_servers: ClusterServers) -> ClusterServers:
    """Six nodes; a test may do to them what it likes."""
    cluster_servers.repair()
    cluster_servers.empty()
    return cluster_servers


@pytest.fixture(params=["sentinel", "cluster"])
def several(request: pytest.FixtureRequest) -> SentinelServers | ClusterServers:
    """Several servers of either kind."""
    servers: SentinelServers | ClusterServers = request.getfixturevalue(request.param)
    return servers


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory, redis_server: RedisServer) -> Path:
    """An instance folder with its migrations done and one user; each test gets a copy."""
    folder = tmp_path_factory.mktemp("prepared")
    app = create_app(environ(folder, redis_server.url))
    with app.app_context():
        services_of(app).accounts.register(EMAIL, PASSWORD, name="Ada", now=time.time())
    return folder


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def environment(tmp_path: Path, prepared: Path, redis_server: RedisServer) -> dict[str, str]:
    redis_server.client().flushall()
    shutil.copytree(prepared, tmp_path / "instance", ignore=shutil.ignore_patterns("*.lock"))
    return environ(tmp_path / "instance", redis_server.url)


@pytest.fixture
def app(environment: dict[str, str], clock: Clock) -> Flask:
    return create_app(environment, clock)


@pytest.fixture
def browser(app: Flask) -> Browser:
    return Browser(app)


@pytest.fixture
def sessions(app: Flask) -> Iterator[Sessions]:
    with app.app_context():
        yield services_of(app).sessions


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    """Where the app is served for real, from a thread."""
    with serving(app) as address:
        yield address


def environ(folder: Path, redis_url: str) -> dict[str, str]:
    return {
        "WEBAPP_MODE": "development",
        "WEBAPP_INSTANCE_PATH": str(folder),
        "REDIS_URL": redis_url,
        "WEBAPP_BCRYPT_ROUNDS": "4",
    }


def services_of(app: Flask) -> Services:
    services: Services = app.extensions["evergreen"]
    return services
