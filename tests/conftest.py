"""The app on its real servers, with a clock that a test can move."""

import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from webapp import create_app
from webapp.core.sessions import Sessions
from webapp.core.token_verifier import TokenVerifier
from webapp.store.sql.models import db
from webapp.web.services import Services

from .support import tiers
from .support.browser import EMAIL, PASSWORD, Browser
from .support.clock import Clock
from .support.compile_cache import compile_once
from .support.limits import extend_limits
from .support.postgres import TEMPLATE, PostgresServer
from .support.redis_cluster import ClusterServers
from .support.redis_sentinel import SentinelServers
from .support.servers import RedisServer, serving


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--database",
        choices=["sqlite", "postgresql"],
        default="sqlite",
        help="what the app keeps its data in; on postgresql, only tests to which it matters run",
    )
    tiers.add_option(parser)


def pytest_configure() -> None:
    compile_once()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The others do the same on every database."""
    if config.getoption("database") == "postgresql":
        others = [item for item in items if not tiers.runs_on_postgresql(item)]
        config.hook.pytest_deselected(items=others)
        items[:] = filter(tiers.runs_on_postgresql, items)
    if config.getoption("quick"):
        tiers.select_quick(config, items)


def pytest_sessionfinish(session: pytest.Session) -> None:
    tiers.send_to_controller(session.config)


def pytest_testnodedown(node: Any) -> None:
    tiers.receive_from_worker(node.config, getattr(node, "workeroutput", {}))


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    tiers.write_summary(terminalreporter, config)


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    server = PostgresServer().start()
    yield server
    server.remove()


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
def any_database(request: pytest.FixtureRequest) -> PostgresServer | None:
    """The server where each test has its database; None: it is a file in the instance folder."""
    if request.config.getoption("database") == "sqlite":
        return None
    server: PostgresServer = request.getfixturevalue("postgres")
    return server


@pytest.fixture(scope="session")
def prepared(
    tmp_path_factory: pytest.TempPathFactory,
    redis_server: RedisServer,
    any_database: PostgresServer | None,
) -> Path:
    """An instance folder with its migrations done and one user; each test gets a copy."""
    folder = tmp_path_factory.mktemp("prepared")
    environment = environ(folder, redis_server.url)
    if any_database:
        environment["DATABASE_URL"] = any_database.create(TEMPLATE)
    app = create_app(environment)
    with app.app_context():
        services_of(app).accounts.register(EMAIL, PASSWORD, name="Ada", now=time.time())
        db.engine.dispose()  # a template that is in use can't be copied
    return folder


@pytest.fixture(autouse=True)
def patience(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if not request.node.get_closest_marker("impatient"):
        extend_limits(monkeypatch)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def environment(
    tmp_path: Path,
    prepared: Path,
    redis_server: RedisServer,
    any_database: PostgresServer | None,
) -> Iterator[dict[str, str]]:
    redis_server.client().flushall()
    shutil.copytree(prepared, tmp_path / "instance")
    environment = environ(tmp_path / "instance", redis_server.url)
    if not any_database:
        yield environment
        return
    with any_database.restored() as url:
        yield environment | {"DATABASE_URL": url}


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
def token_verifier(app: Flask) -> Iterator[TokenVerifier]:
    with app.app_context():
        yield services_of(app).token_verifier


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
