"""django-oauth-toolkit with its grace period and its reuse protection."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.conformance.peer import Peer
from tests.conformance import Adapter

from .oauth_toolkit import NOTES, PACKAGES, serving

GRACE = 120


@contextmanager
def start(folder: Path) -> Iterator[Adapter]:
    with serving(folder, PEER.name, GRACE, GRACE=str(GRACE)) as adapter:
        yield adapter


PEER = Peer(
    "django-oauth-toolkit, grace and reuse protection",
    start,
    PACKAGES,
    notes=(
        f"REFRESH_TOKEN_GRACE_PERIOD_SECONDS = {GRACE}, which its documentation suggests, and "
        "REFRESH_TOKEN_REUSE_PROTECTION",
        *NOTES,
    ),
)
