"""Article 1: the id of the refresh token in Redis, rotated."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.conformance.articles import NO_DISABLING, serving_with_redis
from bench.conformance.peer import Peer
from tests.conformance import Adapter

PATHS = {
    "login": "/api/v1/auth/login",
    "refresh": "/api/v1/auth/refresh",
    "call": "/api/v1/auth/profile",
    "logout": "/api/v1/auth/revoke",
}


@contextmanager
def start(folder: Path) -> Iterator[Adapter]:
    fields = {
        "refresh_field": "data.auth.refresh_token",
        "access_field": "data.auth.access_token",
    }
    with serving_with_redis(folder, "article_1", PATHS, name=PEER.name, **fields) as adapter:
        yield adapter


PEER = Peer(
    "Article 1: ids of rotated JWTs in Redis", start, ("pyjwt", "redis"), notes=(NO_DISABLING,)
)
