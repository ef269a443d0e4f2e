"""better-auth (npm) with its OAuth provider, without and with its reuse interval."""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
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
from tests.conformance import Adapter

REUSE_INTERVAL = 10
DEFAULTS = "better-auth, OAuth provider"
GENEROUS = f"better-auth, OAuth provider, refreshTokenReuseInterval {REUSE_INTERVAL}"
VERSIONS = ("better-auth 1.7.25", "@better-auth/oauth-provider 1.7.5")
NOTES = (
    "code flow of a public client that needs no consent, offline_access",
    "a logout revokes the refresh token (RFC 7009)",
    "a disabled account: banned by the admin plugin",
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


def starter(name: str, interval: int) -> Callable[[Path], AbstractContextManager[Adapter]]:
    @contextmanager
    def start(folder: Path) -> Iterator[Adapter]:
        account = {"EMAIL": EMAIL, "PASSWORD": PASSWORD}
        with node_server("better_auth.js", folder, str(interval), **account) as (server, fields):
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

    return start


PEER = Peer(
    DEFAULTS,
    starter(DEFAULTS, 0),
    versions=VERSIONS,
    notes=("its defaults: refreshTokenReuseInterval 0", *NOTES),
)
GENEROUS_PEER = Peer(
    GENEROUS,
    starter(GENEROUS, REUSE_INTERVAL),
    versions=VERSIONS,
    notes=(f"refreshTokenReuseInterval: {REUSE_INTERVAL}", *NOTES),
)
PEERS = (PEER, GENEROUS_PEER)
