"""Article 4: signed tokens alone, nothing stored."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.conformance.articles import NO_DISABLING, NO_LOGOUT, serving
from bench.conformance.peer import Peer
from tests.conformance import Adapter

PATHS = {"login": "/signIn", "refresh": "/refresh-token", "call": "/resource"}
REFRESH = {"refresh_token": "{refresh}", "user_id": "1"}


@contextmanager
def start(folder: Path) -> Iterator[Adapter]:
    with serving(folder, "article_4", PATHS, name=PEER.name, refresh_body=REFRESH) as adapter:
        yield adapter


PEER = Peer(
    "Article 4: JWTs with aud and iss",
    start,
    ("pyjwt",),
    notes=("nothing is stored; a restart is the server's", NO_DISABLING, NO_LOGOUT),
)
