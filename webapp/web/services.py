"""What `create_app` has wired, for whoever handles a request."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from flask import request

from webapp.config import Settings
from webapp.core import security_events as events
from webapp.core.accounts import Accounts
from webapp.core.authentication import Authenticator
from webapp.core.clients import Client, Clients
from webapp.core.devices import Devices
from webapp.core.email_changes import EmailChanges
from webapp.core.email_tokens import Links
from webapp.core.ip import plain_ip
from webapp.core.keys import KeyRing
from webapp.core.ports import DeviceRepository, Feed, SessionQueries
from webapp.core.rate_limits import Attempts
from webapp.core.registration import Registration
from webapp.core.retention import Tidying
from webapp.core.saved_forms import Drafts
from webapp.core.security_events import Events
from webapp.core.sessions import Sessions
from webapp.core.token_issuer import Origin
from webapp.core.token_verifier import TokenVerifier
from webapp.core.tokens import Tokens
from webapp.core.user_admin import Directory
from webapp.mail.file_outbox import Outbox
from webapp.runtime.background import Background
from webapp.runtime.retention_job import Tidier

from .monitoring.metrics import Metrics
from .monitoring.readiness import Readiness
from .request_info import this_app

if TYPE_CHECKING:
    from webapp.lab.services import Laboratory


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
