"""What `create_app` has wired, for whoever handles a request."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from flask import request

from webapp.config import Settings
from webapp.core import events
from webapp.core.accounts import Accounts
from webapp.core.attempts import Attempts
from webapp.core.authentication import Authenticator
from webapp.core.clients import Client, Clients
from webapp.core.devices import Devices
from webapp.core.directory import Directory
from webapp.core.drafts import Drafts
from webapp.core.email_changes import EmailChanges
from webapp.core.events import Events
from webapp.core.grants import Origin
from webapp.core.ip import plain_ip
from webapp.core.keys import KeyRing
from webapp.core.links import Links
from webapp.core.registration import Registration
from webapp.core.sessions import Sessions
from webapp.core.stores import DeviceRepository, Feed, SessionQueries
from webapp.core.tidying import Tidying
from webapp.core.token_verifier import TokenVerifier
from webapp.core.tokens import Tokens
from webapp.mail.outbox import Outbox

from .background import Background
from .operations.metrics import Metrics
from .operations.readiness import Readiness
from .requests import this_app
from .tidying import Tidier

if TYPE_CHECKING:
    from webapp.lab.laboratory import Laboratory


@dataclass(frozen=True)
class Services:
    settings: Settings
    accounts: Accounts
    email_changes: EmailChanges
    registration: Registration
    links: Links
    attempts: Attempts
    events: Events
    drafts: Drafts
    feed: Feed
    lab: "Laboratory | None"
    background: Background
    outbox: Outbox | None
    directory: Directory
    clients: Clients
    sessions: Sessions
    tokens: Tokens
    token_verifier: TokenVerifier
    authenticator: Authenticator
    session_queries: SessionQueries
    devices: Devices
    device_repository: DeviceRepository
    tidying: Tidying
    tidier: Tidier
    access_keys: KeyRing
    metrics: Metrics
    readiness: Readiness
    now: Callable[[], float]
    """Unix seconds. The only clock that decides about sessions: tests move it."""


def services() -> Services:
    found: Services = this_app().extensions["evergreen"]
    return found


def later(job: Callable[[], None], what: str) -> None:
    """After the answer, on behalf of the same request. Raises Unavailable: too much is waiting."""
    here = events.context.get()()

    def run() -> None:
        events.context.set(lambda: here)
        job()

    services().background.run(run, what)


def origin(client: Client | None = None) -> Origin:
    """Where this request comes from; from a browser, if no client is named."""
    user_agent = request.headers.get("User-Agent", "")[:400]
    here = Origin(plain_ip(request.remote_addr or ""), user_agent)
    return replace(here, client_id=client.client_id, scope=client.scope) if client else here
