"""Flask-JWT-Extended with a refresh token that stays the same."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.conformance.operated import OperatedAdapter, redis_store, wsgi_server
from bench.conformance.peer import Peer
from bench.conformance.processes import Clock
from bench.peers import EMAIL, PASSWORD
from tests.conformance import Adapter, Tokens
from tests.conformance.http.adapter import raise_refusal
from tests.conformance.http.cookies import Jar

DAY = 24 * 3600
PACKAGES = ("flask-jwt-extended", "redis")
NOTES = (
    "the blocklist is in Redis; a logout revokes the access token and the refresh token",
    "a disabled account: the user lookup finds none",
)


@dataclass(kw_only=True)
class JwtAdapter(OperatedAdapter):
    def refresh(self, tokens: Tokens) -> Tokens:
        response = self._send("POST", self.refresh_url, {}, Jar(), bearer(tokens.refresh))
        if response.status >= 300:
            raise_refusal(response)
        return self._tokens(response, tokens, self.refresh_url)

    def logout(self, tokens: Tokens) -> None:
        for token in (tokens.access or "", tokens.refresh):
            response = self._send("DELETE", f"{self.logout_url}", {}, Jar(), bearer(token))
            if response.status >= 300:
                raise_refusal(response)


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@contextmanager
def serving(folder: Path, app: str, name: str, limit: float | None) -> Iterator[Adapter]:
    clock = Clock(folder)
    module = f"bench.conformance.peers.apps.{app}:app"
    with (
        redis_store(clock, folder) as store,
        wsgi_server(module, clock, folder, {"REDIS_URL": store.url}) as server,
    ):
        yield JwtAdapter(
            name=name,
            login_url=f"{server.url}/login",
            login_body={"email": EMAIL, "password": PASSWORD},
            refresh_url=f"{server.url}/refresh",
            call_url=f"{server.url}/protected",
            logout_url=f"{server.url}/logout",
            accounts_url=f"{server.url}/operator/account",
            absolute_limit=limit,
            clock=clock,
            store=store,
        )


@contextmanager
def start(folder: Path) -> Iterator[Adapter]:
    # The refresh token is never replaced, so its life is the limit.
    with serving(folder, "jwt_extended", PEER.name, 30 * DAY) as adapter:
        yield adapter


PEER = Peer("Flask-JWT-Extended", start, PACKAGES, notes=NOTES)
