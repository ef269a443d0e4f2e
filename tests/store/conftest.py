"""The embedded server of one test, and other processes that use it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.store.processes import NewUser, UserProcess, is_running
from tests.support.servers import wait_until
from webapp.store.redis.embedded.server import EmbeddedServer


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "redis"
    yield folder
    wait_until(lambda: not is_running(folder))


@pytest.fixture
def server(folder: Path) -> Iterator[EmbeddedServer]:
    """This process's use of it."""
    server = EmbeddedServer(folder)
    yield server
    server.release()


@pytest.fixture
def new_user(folder: Path) -> Iterator[NewUser]:
    users: list[UserProcess] = []

    def start() -> UserProcess:
        users.append(UserProcess(folder))
        return users[-1]

    yield start
    for user in users:
        user.kill()
