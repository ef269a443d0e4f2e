"""Evergreen's OAuth endpoints, for a registered client with a secret."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.conformance.evergreen import LOGIN, EvergreenAdapter, serving
from bench.conformance.peer import Peer
from tests.conformance import Adapter, Tokens
from tests.conformance.http import HttpAdapter


@dataclass(kw_only=True)
class OAuthAdapter(EvergreenAdapter):
    api: HttpAdapter
    """The password grant is no part of OAuth 2.1: a client signs its user in by the JSON API."""

    def login(self) -> Tokens:
        return self.api.login()


@contextmanager
def start(folder: Path) -> Iterator[Adapter]:
    with serving(folder) as common:
        server = common["server"]
        client = server.create_client()
        grant = {"grant_type": "refresh_token", "refresh_token": "{refresh}"}
        yield OAuthAdapter(
            name=PEER.name,
            login_url="",
            login_body={},
            api=HttpAdapter(
                f"{server.url}/api/v1/auth/login",
                "",
                {**LOGIN, **client},
                refresh_field="data.auth.refresh_token",
                access_field="data.auth.access_token",
            ),
            refresh_url=f"{server.url}/oauth/token",
            refresh_body={**grant, **client},
            form=True,
            call_url=f"{server.url}/api/v1/protected",
            logout_url=f"{server.url}/oauth/revoke",
            logout_body={"token": "{refresh}", **client},
            **common,
        )


PEER = Peer("Evergreen, /oauth/token", start, notes=("a registered client with a secret",))
