"""Evergreen's forward auth: the subrequest that a proxy sends for another app."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bench.conformance.evergreen import EvergreenAdapter, serving
from bench.conformance.peer import Peer
from tests.conformance import Adapter
from tests.conformance.http.cookies import Jar
from tests.conformance.http.response import Response

from .evergreen_pages import options

NUMBERED = "x-set-cookie-"


@dataclass(kw_only=True)
class ForwardAdapter(EvergreenAdapter):
    def _send(
        self,
        method: str,
        url: str,
        body: Mapping[str, Any] | None,
        cookies: Jar,
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        response = super()._send(method, url, body, cookies, headers)
        return passed_on(response) if url == self.refresh_url else response


def passed_on(response: Response) -> Response:
    """What docs/nginx-forward.conf makes of it: the numbered cookies alone reach the browser."""
    headers = [(n, v) for n, v in response.headers if n.lower() != "set-cookie"]
    named = [("Set-Cookie" if n.lower().startswith(NUMBERED) else n, v) for n, v in headers]
    return replace(response, headers=tuple(named))


@contextmanager
def start(folder: Path) -> Iterator[Adapter]:
    with serving(folder) as common:
        url = common["server"].url
        forward = {"refresh_url": f"{url}/forward", "call_url": f"{url}/forward"}
        yield ForwardAdapter(name=PEER.name, **{**options(url), **forward}, **common)


PEER = Peer(
    "Evergreen, forward auth",
    start,
    notes=("cookies as a proxy passes them on: X-Set-Cookie-1, -2 and -3",),
)
