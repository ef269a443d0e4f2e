"""django-oauth-toolkit, as it is and with its grace period and its reuse protection."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from bench.conformance.peer import Peer
from bench.conformance.sql_server import NOTE, OAuthAdapter, oauth_fields, sql_server
from tests.conformance import Adapter

GRACE = 120
GENEROUS = "django-oauth-toolkit, grace and reuse protection"
DEFAULTS = "django-oauth-toolkit"
PACKAGES = ("django-oauth-toolkit", "oauthlib", "django")
NOTES = (
    "password grant of a public client; it rotates by default",
    "a logout revokes the refresh token (RFC 7009)",
    "a disabled account: is_active is false",
    NOTE,
)


def starter(
    name: str, grace: float = 0, **settings: str
) -> Callable[[Path], AbstractContextManager[Adapter]]:
    @contextmanager
    def start(folder: Path) -> Iterator[Adapter]:
        with sql_server("oauth_toolkit", folder, **settings) as (server, fields):
            yield OAuthAdapter(
                **oauth_fields(name, f"{server.url}/o/token/", f"{server.url}/o/revoke_token/"),
                call_url=f"{server.url}/whoami",
                grace=grace,
                **fields,
            )

    return start


PEER = Peer(
    DEFAULTS,
    starter(DEFAULTS),
    PACKAGES,
    notes=("its defaults: no grace period, no reuse protection", *NOTES),
)
GENEROUS_PEER = Peer(
    GENEROUS,
    starter(GENEROUS, GRACE, GENEROUS="yes"),
    PACKAGES,
    notes=(
        f"REFRESH_TOKEN_GRACE_PERIOD_SECONDS = {GRACE}, which its documentation suggests, and "
        "REFRESH_TOKEN_REUSE_PROTECTION",
        *NOTES,
    ),
)
PEERS = (PEER, GENEROUS_PEER)
