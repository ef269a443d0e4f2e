"""A site under load, which the faults befall one after the other: its people stay the same."""

from collections.abc import Iterator

import pytest

from tests.support.app_server import AppServer
from tests.support.environment import Site, served, site
from tests.support.load import Crowd


@pytest.fixture(scope="session", name="site")
def site_with_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with site(tmp_path_factory.mktemp("site")) as made:
        yield made


@pytest.fixture(scope="session")
def server(site: Site) -> Iterator[AppServer]:
    with served(site) as server:
        yield server


@pytest.fixture(scope="session")
def crowd(site: Site, server: AppServer) -> Iterator[Crowd]:
    crowd = site.crowd(server).settle()
    yield crowd
    crowd.stop()
