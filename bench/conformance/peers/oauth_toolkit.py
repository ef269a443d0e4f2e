"""django-oauth-toolkit with its defaults."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.conformance.peer import Peer
from bench.conformance.sql_server import NOTE, OAuthAdapter, oauth_fields, sql_server
from tests.conformance import Adapter

PACKAGES = ("django-oauth-toolkit", "oauthlib", "django")
NOTES = (
    "password grant of a public client; it rotates by default",
    "a logout revokes the refresh token (RFC 7009)",
    "a disabled account: is_active is false",
    NOTE,
)


@contextmanager
def serving(folder: Path, name: str, grace: float, **settings: str) -> Iterator[Adapter]:
    with sql_server("oauth_toolkit", folder, **settings) as (server, fields):
        yield OAuthAdapter(
            **oauth_fields(name, f"{server.url}/o/token/", f"{server.url}/o/revoke_token/"),
            call_url=f"{server.url}/whoami",
            grace=grace,
            **fields,
        )


@contextmanager
def start(folder: Path) -> Iterator[Adapter]:
    with serving(folder, PEER.name, 0) as adapter:
        yield adapter


PEER = Peer(
    "django-oauth-toolkit",
    start,
    PACKAGES,
    notes=("its defaults: no grace period, no reuse protection", *NOTES),
)
