"""Flask-JWT-Extended with refresh tokens for one use."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.conformance.peer import Peer
from tests.conformance import Adapter

from .jwt_extended import NOTES, PACKAGES, serving


@contextmanager
def start(folder: Path) -> Iterator[Adapter]:
    with serving(folder, "jwt_rotation", PEER.name, None) as adapter:
        yield adapter


PEER = Peer(
    "Flask-JWT-Extended, rotated",
    start,
    PACKAGES,
    notes=("a refresh revokes the refresh token that it came with, by the blocklist", *NOTES),
)
