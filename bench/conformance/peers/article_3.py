"""Article 3: rotated refresh tokens that belong to a client, in a database."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.conformance.articles import BESIDE, NO_DISABLING, serving
from bench.conformance.peer import Peer
from bench.peers import EMAIL, PASSWORD
from tests.conformance import Adapter

PATHS = {"login": "/oauth/token", "refresh": "/oauth/token", "call": "/resource"}
CLIENT = {"client_id": "web", "client_secret": "the secret of the client"}
LOGIN = {"grant_type": "password", "username": EMAIL, "password": PASSWORD}
REFRESH = {"grant_type": "refresh_token", "refresh_token": "{refresh}"}


@contextmanager
def start(folder: Path) -> Iterator[Adapter]:
    with serving(
        folder,
        "article_3",
        {**PATHS, "logout": "/logout"},
        name=PEER.name,
        login_body={**LOGIN, **CLIENT},
        refresh_body={**REFRESH, **CLIENT},
        logout_body={"refresh_token": "{refresh}", "client_id": CLIENT["client_id"]},
        form=True,
    ) as adapter:
        yield adapter


PEER = Peer(
    "Article 3: rotated tokens of a client",
    start,
    ("pyjwt",),
    notes=("a refresh deletes the old refresh token", NO_DISABLING, BESIDE),
)
