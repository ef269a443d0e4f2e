"""djangorestframework-simplejwt."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.conformance.operated import OperatedAdapter
from bench.conformance.peer import Peer
from bench.conformance.sql_server import NOTE, sql_server
from bench.peers import EMAIL, PASSWORD
from tests.conformance import Adapter


@contextmanager
def start(folder: Path) -> Iterator[Adapter]:
    with sql_server("simplejwt", folder) as (server, fields):
        yield OperatedAdapter(
            name=PEER.name,
            login_url=f"{server.url}/api/token/",
            login_body={"username": EMAIL, "password": PASSWORD},
            refresh_url=f"{server.url}/api/token/refresh/",
            refresh_field="refresh",
            access_field="access",
            call_url=f"{server.url}/api/whoami/",
            logout_url=f"{server.url}/api/token/blacklist/",
            **fields,
        )


PEER = Peer(
    "simplejwt",
    start,
    packages=("djangorestframework-simplejwt", "djangorestframework", "django"),
    notes=(
        "ROTATE_REFRESH_TOKENS and BLACKLIST_AFTER_ROTATION, with its token_blacklist app",
        "a logout blacklists the refresh token (TokenBlacklistView)",
        "a disabled account: is_active is false",
        NOTE,
    ),
)
