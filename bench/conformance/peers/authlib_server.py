"""Authlib's OAuth 2 server for Flask."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.conformance.peer import Peer
from bench.conformance.sql_server import NOTE, OAuthAdapter, oauth_fields, sql_server
from tests.conformance import Adapter


@contextmanager
def start(folder: Path) -> Iterator[Adapter]:
    with sql_server("authlib_server", folder) as (server, fields):
        yield OAuthAdapter(
            **oauth_fields(PEER.name, f"{server.url}/oauth/token", f"{server.url}/oauth/revoke"),
            call_url=f"{server.url}/api/me",
            **fields,
        )


PEER = Peer(
    "Authlib, Flask server",
    start,
    packages=("authlib", "flask", "flask-sqlalchemy"),
    notes=(
        "password grant of a public client; INCLUDE_NEW_REFRESH_TOKEN and revoke_old_credential, "
        "with the token model of its SQLAlchemy integration",
        "a logout revokes the refresh token (RFC 7009)",
        "a disabled account: authenticate_user of the grants finds none",
        NOTE,
    ),
)
