"""Flask-Security with its refresh tokens."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.conformance.operated import OperatedAdapter, ProcessStore, wsgi_server
from bench.conformance.peer import Peer
from bench.conformance.processes import Clock
from bench.peers import EMAIL, PASSWORD
from tests.conformance import Adapter, Tokens
from tests.conformance.http.adapter import raise_refusal
from tests.conformance.http.cookies import Jar

DAY = 24 * 3600
HEADER = "Authentication-Token"


@dataclass(kw_only=True)
class SecurityAdapter(OperatedAdapter):
    """A client of the JSON API: it keeps the refresh cookie, and no session."""

    def call(self, tokens: Tokens) -> None:
        self._require_good("GET", str(self.call_url), Jar(), tokens)

    def logout(self, tokens: Tokens) -> None:
        self._require_good("POST", str(self.logout_url), self._cookies(tokens), tokens)

    def _require_good(self, method: str, url: str, cookies: Jar, tokens: Tokens) -> None:
        headers = {HEADER: tokens.access or ""}
        response = self._send(method, url, None, cookies, headers)
        if response.status >= 300:
            raise_refusal(response)

    def _cookies(self, tokens: Tokens) -> Jar:
        return Jar().replaced(str(self.refresh_cookie), tokens.refresh)


@contextmanager
def start(folder: Path) -> Iterator[Adapter]:
    clock = Clock(folder)
    app = "bench.conformance.peers.apps.flask_security:app"
    settings: Mapping[str, Any] = {"DATABASE_URL": f"sqlite:///{folder / 'security.db'}"}
    with wsgi_server(app, clock, folder, settings) as server:
        yield SecurityAdapter(
            name=PEER.name,
            login_url=f"{server.url}/login?include_auth_token",
            login_body={"email": EMAIL, "password": PASSWORD},
            refresh_url=f"{server.url}/refresh-token",
            refresh_cookie="fs_refresh",
            access_field="response.user.authentication_token",
            call_url=f"{server.url}/protected",
            logout_url=f"{server.url}/logout",
            accounts_url=f"{server.url}/operator/account",
            absolute_limit=90 * DAY,
            clock=clock,
            store=ProcessStore(server),
        )


PEER = Peer(
    "Flask-Security",
    start,
    ("flask-security", "flask-sqlalchemy"),
    notes=(
        "refresh tokens (SECURITY_REFRESH_TOKEN) in the cookie of the defaults",
        "refresh trackers are in the database of the accounts: it can't be emptied or rolled back",
        "a disabled account: deactivate_user",
    ),
)
