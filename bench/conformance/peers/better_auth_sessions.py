"""better-auth (npm) with its cookie sessions. The cookie is both tokens."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.conformance.node_server import NOTE, node_server
from bench.conformance.operated import OperatedAdapter
from bench.conformance.peer import Peer
from bench.peers import EMAIL, PASSWORD
from tests.conformance import Adapter, Refused, Tokens
from tests.conformance.http.response import Response

from .better_auth import ACCOUNT, DISABLED


@dataclass(kw_only=True)
class SessionAdapter(OperatedAdapter):
    def _tokens(self, response: Response, old: Tokens, url: str) -> Tokens:
        if response.status == 200 and response.json() is None:
            raise Refused("200 null: there is no session")
        return super()._tokens(response, old, url)

    def call(self, tokens: Tokens) -> None:
        self.refresh(tokens)


@contextmanager
def start(folder: Path) -> Iterator[Adapter]:
    with node_server("better_auth.js", folder, "0", **ACCOUNT) as (server, fields):
        api = f"{server.url}/api/auth"
        yield SessionAdapter(
            name=PEER.name,
            login_url=f"{api}/sign-in/email",
            login_body={"email": EMAIL, "password": PASSWORD},
            refresh_url=f"{api}/get-session",
            refresh_method="GET",
            refresh_cookie="better-auth.session_token",
            logout_url=f"{api}/sign-out",
            # It takes requests with cookies from its own pages alone.
            headers={"Origin": server.url},
            **fields,
        )


PEER = Peer(
    "better-auth, cookie sessions",
    start,
    versions=("better-auth 1.7.25",),
    notes=(
        "one cookie with the token of a session; a refresh and a call are both /get-session",
        DISABLED,
        NOTE,
    ),
)
