"""oidc-provider (npm)."""

from collections.abc import Iterator
from contextlib import contextmanager
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

DAY = 24 * 3600


@dataclass(kw_only=True)
class OidcProviderAdapter(CodeFlowAdapter):
    def sign_in(self, browser: Browser, authorize_url: str) -> str:
        """Through the development pages: a form for the login, then one for the consent."""
        # It gives no refresh token without this prompt.
        url = f"{authorize_url}&prompt=consent"
        _, url = browser.follow(browser.send("GET", url), url, REDIRECT_URI)
        for prompt in ("login", "consent"):
            fields = {"prompt": prompt, "login": EMAIL, "password": PASSWORD}
            _, url = browser.follow(browser.submit(url, fields), url, REDIRECT_URI)
        return url


@contextmanager
def start(folder: Path) -> Iterator[Adapter]:
    with node_server("oidc_provider.js", folder) as (server, fields):
        yield OidcProviderAdapter(
            **code_flow_fields(PEER.name, f"{server.url}/token"),
            authorize_url=f"{server.url}/auth",
            call_url=f"{server.url}/me",
            logout_url=f"{server.url}/token/revocation",
            # That of a public web client: a new token has what was left of the one before.
            absolute_limit=14 * DAY,
            **fields,
        )


PEER = Peer(
    "oidc-provider",
    start,
    versions=("oidc-provider 9.13.3",),
    notes=(
        "code flow of a public client, offline_access; its defaults: rotation, 14 days",
        "a logout revokes the refresh token (RFC 7009)",
        "a disabled account: findAccount finds none",
        NOTE,
    ),
)
