"""better-auth (npm) with its OAuth provider, and a reuse interval."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.conformance.peer import Peer
from tests.conformance import Adapter

from .better_auth import NOTES, VERSIONS, serving

INTERVAL = 10


@contextmanager
def start(folder: Path) -> Iterator[Adapter]:
    with serving(folder, PEER.name, INTERVAL) as adapter:
        yield adapter


PEER = Peer(
    "better-auth, OAuth provider, reuse interval",
    start,
    versions=VERSIONS,
    notes=(f"refreshTokenReuseInterval: {INTERVAL}", *NOTES),
)
