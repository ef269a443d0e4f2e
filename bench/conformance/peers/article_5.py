"""Article 5: a constant refresh token in the memory of the server."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.conformance.articles import DAY, NO_DISABLING, NO_LOGOUT, serving
from bench.conformance.peer import Peer
from bench.peers import EMAIL, PASSWORD
from tests.conformance import Adapter

PATHS = {"login": "/login", "refresh": "/refresh-token", "call": "/protected"}
FIELDS = {"refresh_field": "refreshToken", "access_field": "accessToken"}
LOGIN = {"username": EMAIL, "password": PASSWORD}


@contextmanager
def start(folder: Path) -> Iterator[Adapter]:
    with serving(
        folder,
        "article_5",
        PATHS,
        name=PEER.name,
        login_body=LOGIN,
        absolute_limit=7 * DAY,
        **FIELDS,
    ) as adapter:
        yield adapter


PEER = Peer(
    "Article 5: constant JWT in memory",
    start,
    ("pyjwt",),
    notes=("a restart of the store is one of the server", NO_DISABLING, NO_LOGOUT),
)
