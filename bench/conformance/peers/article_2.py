"""Article 2: a constant refresh token for a year, stored in a database."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.conformance.articles import BESIDE, DAY, NO_DISABLING, NO_LOGOUT, serving
from bench.conformance.peer import Peer
from tests.conformance import Adapter

PATHS = {"login": "/login", "refresh": "/refresh", "call": "/resource"}
FIELDS = {"refresh_field": "refreshToken", "access_field": "accessToken"}


@contextmanager
def start(folder: Path) -> Iterator[Adapter]:
    with serving(
        folder, "article_2", PATHS, name=PEER.name, absolute_limit=365 * DAY, **FIELDS
    ) as adapter:
        yield adapter


PEER = Peer(
    "Article 2: constant JWT in a database",
    start,
    ("pyjwt",),
    notes=(NO_DISABLING, NO_LOGOUT, BESIDE),
)
