"""django-allauth headless with its JWT strategy."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.conformance.operated import OperatedAdapter
from bench.conformance.peer import Peer
from bench.conformance.sql_server import NOTE, sql_server
from bench.peers import EMAIL, PASSWORD
from tests.conformance import Adapter, Tokens
from tests.conformance.http.adapter import bearer, raise_refusal
from tests.conformance.http.response import Response


@dataclass(kw_only=True)
class AllauthAdapter(OperatedAdapter):
    def _tokens(self, response: Response, old: Tokens, url: str) -> Tokens:
        """A sign-in has them in `meta`, a refresh in `data`."""
        body: Any = response.json() or {}
        found = {**(body.get("meta") or {}), **(body.get("data") or {})}
        return Tokens(
            found.get("refresh_token") or old.refresh,
            found.get("access_token") or old.access,
            response.header_map,
        )

    def logout(self, tokens: Tokens) -> None:
        """Deletes the session. That responds with 401, so a bad token has to be found before."""
        self.call(tokens)
        response = self.client.send("DELETE", f"{self.logout_url}", bearer(tokens))
        if response.status != 401:
            raise_refusal(response)


@contextmanager
def start(folder: Path) -> Iterator[Adapter]:
    with sql_server("allauth_headless", folder) as (server, fields):
        api = f"{server.url}/_allauth/app/v1"
        yield AllauthAdapter(
            name=PEER.name,
            login_url=f"{api}/auth/login",
            login_body={"username": EMAIL, "password": PASSWORD},
            refresh_url=f"{api}/tokens/refresh",
            call_url=f"{server.url}/api/whoami",
            logout_url=f"{api}/auth/session",
            **fields,
        )


PEER = Peer(
    "django-allauth headless, JWT",
    start,
    packages=("django-allauth", "djangorestframework", "django"),
    notes=(
        "JWTTokenStrategy; it rotates by default; access tokens are validated with their session "
        "(HEADLESS_JWT_STATEFUL_VALIDATION_ENABLED)",
        "a logout deletes the session with the access token",
        "a disabled account: is_active is false",
        NOTE,
    ),
)
