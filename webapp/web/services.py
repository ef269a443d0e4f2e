"""The services of an app, for the code that handles a request."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from flask import request

from webapp.config import Settings
from webapp.core import security_events as events
from webapp.core.account_security import AccountSecurity
from webapp.core.accounts import Accounts
from webapp.core.authentication import Authenticator
from webapp.core.authenticator_apps import AuthenticatorApps
from webapp.core.clients import Client, Clients
from webapp.core.devices import Devices
from webapp.core.email_changes import EmailChanges
from webapp.core.email_tokens import EmailTokens
from webapp.core.factors import FactorRepository
from webapp.core.ip import plain_ip
from webapp.core.keys import KeyRing
from webapp.core.passkeys import Passkeys
from webapp.core.ports import DeviceRepository, InvalidationFeed, SessionQueries
from webapp.core.rate_limits import RateLimiter
from webapp.core.recovery_codes import RecoveryCodeBook
from webapp.core.registration import Registration
from webapp.core.retention import RetentionPolicy
from webapp.core.saved_forms import SavedFormStore
from webapp.core.second_step import SecondStep
from webapp.core.security_events import Events
from webapp.core.sessions import Sessions
from webapp.core.token_issuer import ClientInfo
from webapp.core.token_verifier import TokenVerifier
from webapp.core.tokens import TokenCodec
from webapp.core.user_admin import UserAdmin
from webapp.mail.file_outbox import Outbox
from webapp.runtime.background import BackgroundQueue
from webapp.runtime.retention_job import RetentionJob

from .monitoring.metrics import Metrics
from .monitoring.readiness import Readiness
from .request_info import this_app


@dataclass(frozen=True)
class Factors:
    """What a user can sign in with besides a password."""

    passkeys: Passkeys
    apps: AuthenticatorApps
    codes: RecoveryCodeBook
    second_step: SecondStep
    security: AccountSecurity
    queries: FactorRepository


@dataclass(frozen=True)
class Services:
    settings: Settings
    accounts: Accounts
    email_changes: EmailChanges
    registration: Registration
    email_tokens: EmailTokens
    rate_limiter: RateLimiter
    events: Events
    saved_forms: SavedFormStore
    feed: InvalidationFeed
    lab: object
    background: BackgroundQueue
    outbox: Outbox | None
    user_admin: UserAdmin
    clients: Clients
    sessions: Sessions
    tokens: TokenCodec
    token_verifier: TokenVerifier
    authenticator: Authenticator
    session_queries: SessionQueries
    devices: Devices
    device_queries: DeviceRepository
    factors: Factors
    retention: RetentionPolicy
    retention_job: RetentionJob
    access_keys: KeyRing
    metrics: Metrics
    readiness: Readiness
    now: Callable[[], float]
    """Unix seconds. The only clock that decides about sessions: tests move it."""


def services() -> Services:
    found: Services = this_app().extensions["evergreen"]
    return found


def run_after_response(job: Callable[[], None], what: str) -> None:
    """Run a job after the response, with its audit context. Raises Unavailable: queue full."""
    here = events.audit_context.get()()

    def run() -> None:
        events.audit_context.set(lambda: here)
        job()

    services().background.run(run, what)


def client_info(client: Client | None = None) -> ClientInfo:
    """IP and user agent of this request, with its client; the browser if no client is given."""
    user_agent = request.headers.get("User-Agent", "")[:400]
    here = ClientInfo(plain_ip(request.remote_addr or ""), user_agent)
    return replace(here, client_id=client.client_id, scope=client.scope) if client else here
