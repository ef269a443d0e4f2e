"""The composition root: the stores, the mailer and the core's services of one app."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from flask import Flask

from . import development
from .config import Settings, using
from .config_table import ROOT
from .core.accounts import Accounts
from .core.authentication import Authenticator
from .core.clients import Clients
from .core.devices import Devices
from .core.email_changes import EmailChanges
from .core.email_tokens import Links
from .core.hashing_pool import HashingPool
from .core.notifications import Notices
from .core.passwords import Passwords
from .core.rate_limits import Attempts
from .core.registration import Registration
from .core.retention import Tidying
from .core.session_status import SessionStatus
from .core.sessions import Sessions
from .core.token_cache import Memory
from .core.token_issuer import Limits
from .core.token_verifier import TokenVerifier
from .core.tokens import Tokens
from .core.user_admin import Directory
from .mail.file_outbox import Outbox
from .mail.mailer import PostOffice
from .mail.transport import OUTBOX, Transport
from .runtime.background import Background
from .runtime.retention_job import Tidier
from .store import health
from .store.redis.client import redis_client
from .store.redis.generations import RedisEntries
from .store.stores import Stores
from .web.monitoring.gauges import Vitals
from .web.monitoring.metrics import Metrics
from .web.monitoring.readiness import Readiness
from .web.services import Services

if TYPE_CHECKING:
    from .lab.services import Laboratory
    from .mail.messages import Letters

# A session stays doubtful for so many seconds beyond the life of its last access token.
DOUBT_MARGIN = 60

Clock = Callable[[], float]
"""Unix seconds."""


def wire(app: Flask, settings: Settings, background: Background, now: Clock | None) -> Services:
    """Build the services of an app. `now`: another clock than Redis' and the host's, for tests.

    Raises ConfigError: there can be no Redis client with these settings.
    """
    assert settings.access_token_keys is not None
    stores = stores_of(settings, now)
    laboratory = under_glass(stores) if settings.has_lab else None
    core = Core(settings, stores, background)
    return Services(
        settings=settings,
        accounts=core.accounts,
        email_changes=core.email_changes,
        registration=registration_of(settings, stores, core),
        links=core.links,
        attempts=attempts_of(settings, stores),
        events=stores.events,
        drafts=stores.drafts,
        feed=stores.feed,
        lab=laboratory,
        background=background,
        outbox=core.outbox,
        directory=Directory(stores.users, core.accounts, core.sessions, core.notices, stores.feed),
        clients=Clients(stores.clients),
        sessions=core.sessions,
        tokens=core.tokens,
        token_verifier=core.token_verifier,
        authenticator=Authenticator(core.token_verifier.verify, core.tokens.authentic_claims),
        session_queries=stores.session_queries,
        devices=Devices(core.sessions, stores.entries, stores.records, stores.ends, stores.feed),
        device_repository=stores.devices,
        tidying=core.tidying,
        tidier=core.tidier,
        access_keys=settings.access_token_keys,
        metrics=metrics_of(settings, stores, core, background),
        readiness=readiness_of(app, stores),
        now=stores.now,
    )


def stores_of(settings: Settings, now: Clock | None) -> Stores:
    with using("REDIS_URL"):
        client = redis_client(settings.redis_url, settings.instance_path / "redis")
    doubt_lasts = settings.access_token_ttl + DOUBT_MARGIN
    return Stores(client, is_embedded=not settings.redis_url, doubt_lasts=doubt_lasts, now=now)


class Core:
    """The services of the core that depend on one another."""

    def __init__(self, settings: Settings, stores: Stores, background: Background) -> None:
        self.pool, self.memory = HashingPool(), Memory(settings.token_memory)
        self.passwords = passwords_of(settings, self.pool)
        self.links = Links(settings.secret_key)
        folder = settings.instance_path / "outbox"
        self.outbox = Outbox(folder) if settings.mail_url == OUTBOX else None
        post = post_office(settings, self.outbox, background, stores.now)
        self.notices = Notices(post, self.links)
        self.accounts = Accounts(
            stores.users, self.passwords, stores.events, self.notices, stores.feed
        )
        self.tokens = tokens_of(settings)
        status = SessionStatus(stores.entries, stores.records, stores.feed, self.notices)
        self.token_verifier = TokenVerifier(self.tokens, status, stores.feed, self.memory)
        self.sessions = Sessions(
            self.tokens, status, limits_of(settings), lambda: self.tidier.finish_ends()
        )
        kept = (settings.sessions_kept, settings.events_kept, settings.pending_kept)
        self.tidying = Tidying(stores.attic, stores.ends, self.sessions, *kept)
        self.tidier = Tidier(self.tidying, stores.turns.take, background, stores.now)
        self.email_changes = EmailChanges(
            stores.email_changes,
            stores.users,
            self.passwords,
            self.accounts,
            self.sessions,
            self.links,
            self.notices,
            stores.feed,
        )


def passwords_of(settings: Settings, pool: HashingPool) -> Passwords:
    # The demo password is in the source, and a development database may move into production.
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
        core.links,
        core.notices,
        core.email_changes,
        stores.events,
        stores.feed,
        must_confirm=settings.must_confirm,
    )


def attempts_of(settings: Settings, stores: Stores) -> Attempts:
    return Attempts(stores.counters, stores.local_counters, enabled=settings.ratelimit_enabled)


def metrics_of(settings: Settings, stores: Stores, core: Core, background: Background) -> Metrics:
    vitals = Vitals(core.pool, core.memory, stores.feed, background)
    return Metrics(settings.instance_path / "metrics", vitals.levels)


def readiness_of(app: Flask, stores: Stores) -> Readiness:
    return Readiness(
        {
            "sql": partial(health.ask_sql, app),
            "redis": partial(health.ask_redis, stores.redis),
            "migrations": health.Migrations(app).ask,
        }
    )


def under_glass(stores: Stores) -> "Laboratory":
    """Trace the two stores that a refresh asks, and give the lab storage of its own."""
    from .lab.live.redis_exchanges import SANDBOXES, RedisTrail
    from .lab.live.tracing_proxy import watched
    from .lab.services import Laboratory

    stores.entries = watched(stores.entries, "redis")
    stores.records = watched(stores.records, "sql")
    return Laboratory(RedisTrail(stores.redis), RedisEntries(stores.redis, SANDBOXES))


def post_office(
    settings: Settings, outbox: Outbox | None, background: Background, now: Clock
) -> PostOffice:
    def open_up() -> "tuple[Letters, Transport]":
        # With the first mail: the libraries for templates and SMTP are slow to import.
        from .mail.messages import Letters
        from .mail.smtp import Smtp

        letters = Letters(ROOT / "templates", settings.mail_from, settings.address)
        return letters, outbox or Smtp(settings.mail_url)

    return PostOffice(open_up, settings.address, background.run, now)


def tokens_of(settings: Settings) -> Tokens:
    assert settings.access_token_keys is not None
    assert settings.refresh_token_keys is not None
    return Tokens(
        access_keys=settings.access_token_keys,
        refresh_keys=settings.refresh_token_keys,
        issuer=settings.jwt_issuer,
        audience=settings.jwt_audience,
        leeway=settings.jwt_leeway,
    )


def limits_of(settings: Settings) -> Limits:
    return Limits(
        access_ttl=settings.access_token_ttl,
        idle=settings.session_idle_ttl,
        idle_remembered=settings.refresh_token_ttl,
        max_age=settings.session_max_age,
        grace=settings.refresh_grace,
    )
