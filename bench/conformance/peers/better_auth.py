"""better-auth (npm) with its OAuth provider, and its defaults."""

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from bench.conformance.node_server import (
    NOTE,
    REDIRECT_URI,
    Browser,
    CodeFlowAdapter,
    code_flow_fields,
    node_server,
)
from bench.conformance.peer import Peer
from bench.peers import EMAIL, PASSWORD
from tests.conformance import Adapter, Refused, Tokens

VERSIONS = ("better-auth 1.7.25", "@better-auth/oauth-provider 1.7.5")
ACCOUNT = {"EMAIL": EMAIL, "PASSWORD": PASSWORD}
DISABLED = "a disabled account: banned by the admin plugin"
NOTES = (
    "code flow of a public client that needs no consent, offline_access",
    "a logout revokes the refresh token (RFC 7009); its 400 for a used one counts as a logout, as "
    "it revokes all refresh tokens of this client and user",
    DISABLED,
    NOTE,
)


@dataclass(kw_only=True)
class BetterAuthAdapter(CodeFlowAdapter):
    sign_in_url: str

    def sign_in(self, browser: Browser, authorize_url: str) -> str:
        body = json.dumps({"email": EMAIL, "password": PASSWORD})
        browser.send("POST", self.sign_in_url, body)
        response = browser.send("GET", authorize_url)
        return browser.follow(response, authorize_url, REDIRECT_URI)[1]

    def logout(self, tokens: Tokens) -> None:
        with suppress(Refused):
            super().logout(tokens)


@contextmanager
def serving(folder: Path, name: str, interval: int) -> Iterator[Adapter]:
    """`interval`: its refreshTokenReuseInterval, in seconds."""
    with node_server("better_auth.js", folder, str(interval), **ACCOUNT) as (server, fields):
        api = f"{server.url}/api/auth"
        client_id = fields["client"].send("GET", f"{server.url}/operator/client", {}).body
        yield BetterAuthAdapter(
            **code_flow_fields(name, f"{api}/oauth2/token", client_id.decode()),
            sign_in_url=f"{api}/sign-in/email",
            authorize_url=f"{api}/oauth2/authorize",
            call_url=f"{api}/oauth2/userinfo",
            logout_url=f"{api}/oauth2/revoke",
            grace=interval,
            **fields,
        )


@contextmanager
def start(folder: Path) -> Iterator[Adapter]:
    with serving(folder, PEER.name, 0) as adapter:
        yield adapter


PEER = Peer(
    "better-auth, OAuth provider",
    start,
    versions=VERSIONS,
    notes=("its defaults: refreshTokenReuseInterval 0", *NOTES),
)
