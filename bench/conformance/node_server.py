"""Servers of npm, and the browser that signs in at them."""

import shutil
import subprocess
from base64 import urlsafe_b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from secrets import token_urlsafe
from typing import Any
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit

from scripts.bootstrap import ROOT
from tests.conformance import Adapter, Tokens, Unavailable
from tests.conformance.http import Client
from tests.conformance.http.cookies import Jar
from tests.conformance.http.response import Response
from tests.support.servers import free_port

from .operated import BUDGET, OperatedAdapter
from .processes import Clock, Process

APPS = Path(__file__).parent / "peers/apps/npm"
FOLDER = ROOT / "instance/conformance-npm"
INSTALL = ["npm", "install", "--no-audit", "--no-fund", "--omit=dev", "--legacy-peer-deps"]
CLIENT = "conformance"
# Nothing is ever sent there: the browser of the comparison stops before.
REDIRECT_URI = "https://app.example.test/callback"
NOTE = (
    "one process with the library's in-memory store, its best case for races; no check restarts it"
)


def npm_folder() -> Path:
    """Holds the servers and the packages that they need; installs what is not there yet."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    wanted, installed = APPS / "package.json", FOLDER / "installed.json"
    for app in APPS.glob("*.js*"):
        shutil.copy(app, FOLDER)
    if not installed.exists() or installed.read_bytes() != wanted.read_bytes():
        subprocess.run(
            [*INSTALL, "--no-package-lock"], cwd=FOLDER, check=True, stdout=subprocess.DEVNULL
        )
        shutil.copy(wanted, installed)
    return FOLDER


@contextmanager
def node_server(
    app: str, folder: Path, *options: str, **environment: str
) -> Iterator[tuple[Process, dict[str, Any]]]:
    """A file of `peers/apps/npm`, and the fields that the OperatedAdapter of each has."""
    clock = Clock(folder)
    port = free_port()
    command = ["node", str(npm_folder() / app), str(port), *options]
    process = Process(command, port, clock, folder, {"NODE_ENV": "production", **environment})
    try:
        process.start()
        # Its store is gone with the process: it has none of the operations.
        yield (
            process,
            {
                "client": Client(budget=BUDGET),
                "clock": clock,
                "store": Adapter(),
                "accounts_url": f"{process.url}/operator/account",
            },
        )
    finally:
        process.stop()


@dataclass
class Browser:
    """Keeps cookies."""

    client: Client
    headers: Mapping[str, str] = field(default_factory=dict)
    jar: Jar = field(default_factory=Jar)

    def send(self, method: str, url: str, body: str | None = None, kind: str = "json") -> Response:
        headers = dict(self.headers)
        if line := self.jar.header(url):
            headers["Cookie"] = line
        if body is None:
            response = self.client.send(method, url, headers)
        else:
            headers["Content-Type"] = f"application/{kind}"
            response = self.client.send(method, url, headers, body.encode())
        self.jar = self.jar.after(response, url)
        return response

    def submit(self, url: str, fields: Mapping[str, str]) -> Response:
        return self.send("POST", url, urlencode(fields), "x-www-form-urlencoded")

    def follow(self, response: Response, url: str, until: str) -> tuple[Response, str]:
        """The page where redirects end, or one whose URL starts with `until`, and the URL."""
        while location := response.header_map.get("location"):
            url = urljoin(url, location)
            if url.startswith(until):
                break
            response = self.send("GET", url)
        return response, url


@dataclass(kw_only=True)
class CodeFlowAdapter(OperatedAdapter):
    """Authorization code with PKCE, of a public client; to sign out is to revoke."""

    authorize_url: str
    client_id: str = CLIENT
    form: bool = True

    def sign_in(self, browser: Browser, authorize_url: str) -> str:
        """The URL that the browser is sent to at last."""
        raise NotImplementedError

    def login(self) -> Tokens:
        verifier = token_urlsafe(48)
        browser = Browser(self.client)
        url = self.sign_in(browser, f"{self.authorize_url}?{urlencode(self._query(verifier))}")
        code = parse_qs(urlsplit(url).query).get("code")
        if not url.startswith(REDIRECT_URI) or not code:
            raise Unavailable(f"the sign-in ends at {url}")
        fields = {
            "grant_type": "authorization_code",
            "code": code[0],
            "code_verifier": verifier,
            "redirect_uri": REDIRECT_URI,
            "client_id": self.client_id,
        }
        response = Browser(self.client).submit(self.refresh_url, fields)
        tokens = self._tokens(response, Tokens(""), self.refresh_url)
        if not tokens.refresh:
            raise Unavailable(f"the code gives no tokens: {response}")
        return tokens

    def _query(self, verifier: str) -> dict[str, str]:
        challenge = urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        return {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": REDIRECT_URI,
            "scope": "openid offline_access",
            "state": "a",
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }

    def logout(self, tokens: Tokens) -> None:
        # The endpoint asks for the client, and for no access token.
        super().logout(replace(tokens, access=None))


def code_flow_fields(name: str, url: str, client_id: str = CLIENT) -> dict[str, Any]:
    """The fields of a CodeFlowAdapter that all servers share, with the token endpoint at `url`."""
    return {
        "name": name,
        "login_url": "",
        "login_body": {},
        "client_id": client_id,
        "refresh_url": url,
        "refresh_body": {
            "grant_type": "refresh_token",
            "refresh_token": "{refresh}",
            "client_id": client_id,
        },
        "logout_body": {
            "token": "{refresh}",
            "token_type_hint": "refresh_token",
            "client_id": client_id,
        },
    }
