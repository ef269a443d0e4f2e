"""The composition root: the stores, the mailer and the core's services of one app."""

from collections.abc import Callable
from functools import partial

from flask import Flask

from . import development
from .config import Settings, using
from .config_table import ROOT
from .container_factors import factors_of
from .core.accounts import Accounts
from .core.authentication import Authenticator
from .core.clients import Clients
from .core.devices import Devices
from .core.email_changes import EmailChanges
from .core.email_tokens import EmailTokens
from .core.hashing_pool import HashingPool
from .core.notifications import Notifications
from .core.passwords import Passwords
from .core.rate_limits import RateLimiter
from .core.registration import Registration
from .core.retention import RetentionPolicy
from .core.session_notes import SessionNotes
from .core.session_status import SessionStatus
from .core.sessions import Sessions
from .core.token_cache import TokenCache
from .core.token_issuer import SessionLifetimes
from .core.token_verifier import TokenVerifier
from .core.tokens import TokenCodec
from .core.user_admin import UserAdmin
from .mail.file_outbox import Outbox
from .mail.mailer import BackgroundMailer
from .mail.messages import MessageBuilder
from .mail.smtp import Smtp
from .mail.transport import OUTBOX, Transport
from .runtime.background import BackgroundQueue
from .runtime.retention_job import RetentionJob
from .store import health
from .store.redis.client import create_client
from .store.stores import Stores
from .web.monitoring.gauges import WorkerGauges
from .web.monitoring.metrics import Metrics
from .web.monitoring.readiness import Readiness
from .web.services import Services

# Seconds that an invalidation outlives the last access token of its session.
INVALIDATION_MARGIN = 60

Clock = Callable[[], float]
"""Unix seconds."""


def build_services(
    app: Flask, settings: Settings, background: BackgroundQueue, now: Clock | None
) -> Services:
    """Build the services of an app. Raises ConfigError: there can be no Redis client.

    `now` replaces the clock of Redis and of the host in tests.
    """
    assert settings.access_token_keys
    stores = stores_of(settings, now)
    lab, core = lab_of(settings, stores), Core(settings, stores, background)
    return Services(
        settings=settings,
        accounts=core.accounts,
        email_changes=core.email_changes,
        registration=registration_of(settings, stores, core),
        email_tokens=core.email_tokens,
        rate_limiter=core.rate_limiter,
        events=stores.events,
        saved_forms=stores.saved_forms,
        feed=stores.feed,
        lab=lab,
        background=background,
        outbox=core.outbox,
        user_admin=user_admin_of(stores, core),
        clients=Clients(stores.clients),
        sessions=core.sessions,
        tokens=core.tokens,
        token_verifier=core.token_verifier,
        authenticator=Authenticator(core.token_verifier.verify, core.tokens.authentic_claims),
        session_queries=stores.session_queries,
        devices=devices_of(stores, core),
        device_queries=stores.devices,
        factors=factors_of(settings, stores, *core.for_factors()),
        retention=core.retention,
        retention_job=core.retention_job,
        access_keys=settings.access_token_keys,
        metrics=metrics_of(settings, stores, core, background),
        readiness=readiness_of(app, stores),
        now=stores.now,
    )


def lab_of(settings: Settings, stores: Stores) -> object:
    """Wraps stores to record their calls, so it comes before the services that use them."""
    if not settings.has_lab:
        return None
    from .lab.services import trace_stores  # the folder may be deleted

    return trace_stores(stores)


def stores_of(settings: Settings, now: Clock | None) -> Stores:
    with using("REDIS_URL"):
        client = create_client(settings.redis_url, settings.instance_path / "redis")
    invalidation_ttl = settings.access_token_ttl + INVALIDATION_MARGIN
    return Stores(
        client, is_embedded=not settings.redis_url, invalidation_ttl=invalidation_ttl, now=now
    )


class Core:
    """The services of the core that depend on one another."""

    def __init__(self, settings: Settings, stores: Stores, background: BackgroundQueue) -> None:
        self.pool, self.token_cache = HashingPool(), TokenCache(settings.token_cache_size)
        self.passwords = passwords_of(settings, self.pool)
        self.email_tokens = EmailTokens(settings.secret_key)
        self.rate_limiter = rate_limiter_of(settings, stores)
        folder = settings.instance_path / "outbox"
        self.outbox = Outbox(folder) if settings.mail_url == OUTBOX else None
        mailer = build_mailer(settings, self.outbox, background, stores.now)
        self.notifications = Notifications(mailer, self.email_tokens)
        others = self.notifications, stores.feed, stores.factors
        self.accounts = Accounts(stores.users, self.passwords, stores.events, *others)
        self.tokens = build_token_codec(settings)
        status = SessionStatus(
            stores.generations, stores.session_repository, stores.feed, self.notifications
        )
        self.token_verifier = TokenVerifier(self.tokens, status, stores.feed, self.token_cache)
        self.sessions = Sessions(
            self.tokens,
            status,
            session_lifetimes(settings),
            lambda: self.retention_job.finish_ends(),
        )
        retention_times = (settings.sessions_kept, settings.events_kept, settings.pending_kept)
        self.retention = RetentionPolicy(
            stores.retention, stores.session_ends, self.sessions, *retention_times
        )
        self.retention_job = RetentionJob(
            self.retention, stores.lock.acquire, background, stores.now
        )
        self.email_changes = EmailChanges(
            stores.email_changes,
            stores.users,
            self.accounts,
            self.sessions,
            self.email_tokens,
            self.notifications,
            stores.feed,
        )

    def for_factors(self) -> tuple[Sessions, EmailTokens, Notifications, RateLimiter]:
        return self.sessions, self.email_tokens, self.notifications, self.rate_limiter


def passwords_of(settings: Settings, pool: HashingPool) -> Passwords:
    # The demo password is public, and a development database may move into production.
    published = {development.DEMO.password} if settings.mode == "production" else set()
    return Passwords(
        settings.bcrypt_rounds, settings.password_min_length, frozenset(published), pool
    )


def registration_of(settings: Settings, stores: Stores, core: Core) -> Registration:
    return Registration(
        stores.users,
        core.passwords,
        core.accounts,
        core.sessions,
        core.email_tokens,
        core.notifications,
        core.email_changes,
        stores.events,
        stores.feed,
        must_confirm=settings.must_confirm,
    )


def user_admin_of(stores: Stores, core: Core) -> UserAdmin:
    others = core.accounts, core.sessions, core.notifications, stores.feed
    return UserAdmin(stores.users, stores.statistics, *others)


def devices_of(stores: Stores, core: Core) -> Devices:
    generations, sessions = stores.generations, stores.session_repository
    ends, notes = stores.session_ends, SessionNotes(stores.session_notes)
    return Devices(core.sessions, generations, sessions, ends, stores.feed, notes)


def rate_limiter_of(settings: Settings, stores: Stores) -> RateLimiter:
    return RateLimiter(
        stores.rate_limits, stores.local_rate_limits, enabled=settings.ratelimit_enabled
    )


def metrics_of(
    settings: Settings, stores: Stores, core: Core, background: BackgroundQueue
) -> Metrics:
    gauges = WorkerGauges(core.pool, core.token_cache, stores.feed, background)
    return Metrics(settings.instance_path / "metrics", gauges)


def readiness_of(app: Flask, stores: Stores) -> Readiness:
    return Readiness(
        {
            "sql": partial(health.check_sql, app),
            "redis": partial(health.check_redis, stores.redis),
            "migrations": health.Migrations(app).ask,
        }
    )


def build_mailer(
    settings: Settings, outbox: Outbox | None, background: BackgroundQueue, now: Clock
) -> BackgroundMailer:
    def load() -> tuple[MessageBuilder, Transport]:
        builder = MessageBuilder(
            ROOT / "templates", settings.site_name, settings.mail_from, settings.public_url
        )
        return builder, outbox or Smtp(settings.mail_url)

    return BackgroundMailer(load, settings.public_url, background.run, now)


def build_token_codec(settings: Settings) -> TokenCodec:
    assert settings.access_token_keys is not None
    assert settings.refresh_token_keys is not None
    return TokenCodec(
        access_keys=settings.access_token_keys,
        refresh_keys=settings.refresh_token_keys,
        issuer=settings.jwt_issuer,
        audience=settings.jwt_audience,
        leeway=settings.jwt_leeway,
    )


def session_lifetimes(settings: Settings) -> SessionLifetimes:
    return SessionLifetimes(
        access_ttl=settings.access_token_ttl,
        idle=settings.session_idle_ttl,
        idle_remembered=settings.refresh_token_ttl,
        max_age=settings.session_max_age,
        grace=settings.refresh_grace,
    )
