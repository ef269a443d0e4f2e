"""Evergreen's pages: cookies, and forms with a CSRF token."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.conformance.evergreen import LOGIN, EvergreenAdapter, serving
from bench.conformance.peer import Peer
from tests.conformance import Adapter


def options(url: str) -> dict[str, Any]:
    """How a browser signs in, is refreshed, and signs out."""
    return {
        "login_url": f"{url}/login",
        "login_body": {**LOGIN, "remember": "y"},
        "refresh_url": f"{url}/dashboard",
        "refresh_method": "GET",
        "refresh_cookie": "refresh_token",
        "access_cookie": "access_token",
        "call_url": f"{url}/dashboard",
        "logout_url": f"{url}/logout",
        "form": True,
        "from_page": True,
    }


@contextmanager
def start(folder: Path) -> Iterator[Adapter]:
    with serving(folder) as common:
        yield EvergreenAdapter(name=PEER.name, **options(common["server"].url), **common)


PEER = Peer("Evergreen, pages", start, notes=("refresh: any page, without the access cookie",))
