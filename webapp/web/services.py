"""What `create_app` has wired, for whoever handles a request."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from flask import current_app, request

from webapp.config import Settings
from webapp.core.accounts import Accounts
from webapp.core.clients import Clients
from webapp.core.devices import Devices
from webapp.core.directory import Directory
from webapp.core.grants import BROWSER_CLIENT, Origin
from webapp.core.keys import KeyRing
from webapp.core.sessions import Sessions


@dataclass(frozen=True)
class Services:
    settings: Settings
    accounts: Accounts
    directory: Directory
    clients: Clients
    sessions: Sessions
    devices: Devices
    access_keys: KeyRing
    now: Callable[[], float]
    """Unix seconds. The only clock that decides anything: tests move it."""


def services() -> Services:
    return cast(Services, current_app.extensions["evergreen"])


def origin(client_id: str = BROWSER_CLIENT) -> Origin:
    """Where this request comes from."""
    user_agent = request.headers.get("User-Agent", "")[:400]
    return Origin(request.remote_addr or "", user_agent, client_id)
