"""What `create_app` has wired, for whoever handles a request."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from flask import current_app, request

from webapp.config import Settings
from webapp.core.accounts import Accounts
from webapp.core.grants import Origin
from webapp.core.sessions import Sessions


@dataclass(frozen=True)
class Services:
    settings: Settings
    accounts: Accounts
    sessions: Sessions
    now: Callable[[], float]
    """Unix seconds. The only clock that decides anything: tests move it."""


def services() -> Services:
    return cast(Services, current_app.extensions["evergreen"])


def origin() -> Origin:
    """Where this request comes from: a browser, until a client says otherwise."""
    return Origin(request.remote_addr or "", request.headers.get("User-Agent", "")[:400])
