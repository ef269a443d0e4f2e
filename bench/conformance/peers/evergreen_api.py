"""Evergreen's JSON API."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.conformance.evergreen import LOGIN, EvergreenAdapter, serving
from bench.conformance.peer import Peer
from tests.conformance import Adapter


@contextmanager
def start(folder: Path) -> Iterator[Adapter]:
    with serving(folder) as common:
        api = f"{common['server'].url}/api/v1"
        yield EvergreenAdapter(
            name=PEER.name,
            login_url=f"{api}/auth/login",
            login_body=LOGIN,
            refresh_url=f"{api}/auth/refresh",
            refresh_field="data.auth.refresh_token",
            access_field="data.auth.access_token",
            call_url=f"{api}/protected",
            logout_url=f"{api}/auth/revoke",
            **common,
        )


PEER = Peer("Evergreen, JSON API", start)
