"""Python servers that keep tokens and accounts in one SQLite database."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bench.peers import EMAIL, PASSWORD
from tests.conformance import Tokens

from .operated import OperatedAdapter, ProcessStore, wsgi_server
from .processes import Clock, Process

CLIENT = "conformance"
NOTE = (
    "tokens and accounts are in one SQLite database: the store can restart, and nothing else is "
    "asked of it"
)


@dataclass(kw_only=True)
class OAuthAdapter(OperatedAdapter):
    """Password grant of a public client; to sign out is to revoke the refresh token."""

    form: bool = True

    def logout(self, tokens: Tokens) -> None:
        # The endpoint asks for the client, and for no access token.
        super().logout(replace(tokens, access=None))


def oauth_fields(name: str, token_url: str, revoke_url: str) -> dict[str, Any]:
    """The fields of an OAuthAdapter."""
    return {
        "name": name,
        "login_url": token_url,
        "login_body": {
            "grant_type": "password",
            "username": EMAIL,
            "password": PASSWORD,
            "client_id": CLIENT,
        },
        "refresh_url": token_url,
        "refresh_body": {
            "grant_type": "refresh_token",
            "refresh_token": "{refresh}",
            "client_id": CLIENT,
        },
        "logout_url": revoke_url,
        "logout_body": {
            "token": "{refresh}",
            "token_type_hint": "refresh_token",
            "client_id": CLIENT,
        },
    }


@contextmanager
def sql_server(app: str, folder: Path, **settings: str) -> Iterator[tuple[Process, dict[str, Any]]]:
    """A module of `peers/apps`, and the fields that the OperatedAdapter of each such server has."""
    clock = Clock(folder)
    environment = {"SERVER_FOLDER": str(folder), **settings}
    with wsgi_server(
        f"bench.conformance.peers.apps.{app}:app", clock, folder, environment
    ) as process:
        yield (
            process,
            {
                "clock": clock,
                "store": ProcessStore(process),
                "accounts_url": f"{process.url}/operator/account",
            },
        )
