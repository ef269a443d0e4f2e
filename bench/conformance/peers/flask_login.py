"""Flask-Login with Flask-Session. The session's cookie is both tokens; a refresh is any page."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.conformance.operated import OperatedAdapter, redis_store, wsgi_server
from bench.conformance.peer import Peer
from bench.conformance.processes import Clock
from bench.peers import EMAIL, PASSWORD
from tests.conformance import Adapter, Tokens


@dataclass(kw_only=True)
class SessionAdapter(OperatedAdapter):
    def call(self, tokens: Tokens) -> None:
        self.refresh(tokens)


@contextmanager
def start(folder: Path) -> Iterator[Adapter]:
    clock = Clock(folder)
    app = "bench.conformance.peers.apps.flask_login:app"
    with (
        redis_store(clock, folder) as store,
        wsgi_server(app, clock, folder, {"REDIS_URL": store.url}) as server,
    ):
        yield SessionAdapter(
            name=PEER.name,
            login_url=f"{server.url}/login",
            login_body={"email": EMAIL, "password": PASSWORD},
            refresh_url=f"{server.url}/page",
            refresh_method="GET",
            refresh_cookie="session",
            logout_url=f"{server.url}/logout",
            accounts_url=f"{server.url}/operator/account",
            form=True,
            clock=clock,
            store=store,
        )


PEER = Peer(
    "Flask-Login with Flask-Session",
    start,
    ("flask-login", "flask-session", "redis"),
    notes=("one cookie with the id of a session in Redis; a refresh and a call are any page",),
)
