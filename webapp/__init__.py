"""Evergreen: a Flask app whose sign-in stays signed in. Here it is put together."""

import os
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from flask import Flask, request
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.middleware.proxy_fix import ProxyFix

from . import cli, development
from .config import ROOT, ConfigError, Settings
from .core.accounts import Accounts
from .core.attempts import Attempts
from .core.clients import Clients
from .core.devices import Devices
from .core.directory import Directory
from .core.errors import Unavailable
from .core.grants import Limits
from .core.hashing import HashingPool
from .core.links import Links
from .core.memory import Memory
from .core.notices import Notices
from .core.passwords import Passwords
from .core.registration import Registration
from .core.sessions import Sessions
from .core.tidying import Tidying
from .core.tokens import Tokens
from .doctor.findings import in_one_line
from .lab.laboratory import Laboratory
from .lab.watching import watched
from .mail.delivery import Transport
from .mail.outbox import Outbox
from .mail.post import PostOffice
from .store import health
from .store.attempts import MemoryCounters, RedisCounters
from .store.attic import RedisTurns, SqlAttic
from .store.clients import SqlClients
from .store.clock import RedisClock
from .store.connect import redis_client
from .store.database import init_database, migrate
from .store.drafts import RedisDrafts
from .store.events import SqlEvents, noted
from .store.feed import RedisFeed
from .store.records import SqlRecords
from .store.sessions import RedisEntries
from .store.trail import SANDBOXES, RedisTrail
from .store.users import SqlUsers
from .web import (
    api,
    authentication,
    cookies,
    csrf,
    errors,
    headers,
    lab,
    logs,
    oauth,
    template_context,
    well_known,
)
from .web.admission import Admission
from .web.background import Background
from .web.operations.metrics import Metrics
from .web.operations.probes import Operations
from .web.operations.readiness import Readiness
from .web.operations.vitals import Vitals
from .web.pages import pages
from .web.services import Services
from .web.tidying import Tidier

if TYPE_CHECKING:
    from .mail.letters import Letters

MAX_BODY = 64 * 1024
# Seconds that a session is asked about beyond the life of its last access token.
DOUBT_MARGIN = 60


class App(Flask):
    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Nothing here is a coroutine; asking that of each function each time takes a while."""
        return func

    def log_exception(self, exc_info: Any) -> None:
        """Of which route, and not of which address: that may be a mailed link."""
        self.logger.error("Exception on %s %s", request.method, request.url_rule, exc_info=exc_info)


def create_app(
    environ: Mapping[str, str] = os.environ, now: Callable[[], float] | None = None
) -> Flask:
    """Raises ConfigError if a setting is missing or wrong. `now` is another clock, for tests."""
    settings = Settings.from_environ(environ)
    try:
        settings.instance_path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"WEBAPP_INSTANCE_PATH: can't be made: {error.strerror}") from None
    if settings.mode == "development":
        settings = development.with_own_secrets(settings)
    app = App(
        __name__,
        template_folder=str(ROOT / "templates"),
        static_folder=str(ROOT / "static"),
        instance_path=str(settings.instance_path),
    )
    app.config.update(SECRET_KEY=settings.secret_key, MAX_CONTENT_LENGTH=MAX_BODY)
    # A form may stay open as long as the session: it is bound to that, not to an hour.
    app.config.update(WTF_CSRF_TIME_LIMIT=None, DEMO_ACCOUNT=None)
    init_database(app, settings.sql_url, settings.database_connections)
    app.extensions["evergreen"] = wire(app, settings, Background(app), now)
    install_web(app, settings)
    if settings.mode == "development":
        prepare_development(app)
    return app


def wire(
    app: Flask,
    settings: Settings,
    background: Background,
    now: Callable[[], float] | None = None,
) -> Services:
    """core ← store: hand the core the places where its state lives."""
    assert settings.access_token_keys is not None
    redis = redis_client(settings.redis_url, settings.instance_path / "redis")
    # The embedded server has this host's clock.
    now = now or (RedisClock(redis) if settings.redis_url else time.time)
    # A database that development has used holds the demo account as well.
    published = {development.DEMO.password} if settings.mode == "production" else set()
    pool, memory = HashingPool(), Memory(settings.token_memory)
    passwords = Passwords(
        settings.bcrypt_rounds, settings.password_min_length, frozenset(published), pool
    )
    users, events = SqlUsers(), SqlEvents()
    outbox = Outbox(settings.instance_path / "outbox") if settings.mail_url == "outbox:" else None
    links = Links(settings.secret_key)
    notices = Notices(post_office(settings, outbox, background, now), links)
    feed = RedisFeed(redis, doubt_lasts=settings.access_token_ttl + DOUBT_MARGIN)
    accounts = Accounts(users, passwords, events, notices, feed)
    entries, records = RedisEntries(redis), SqlRecords()
    laboratory = None
    if settings.has_lab:
        entries, records = watched(entries, "redis"), watched(records, "sql")
        laboratory = Laboratory(RedisTrail(redis), RedisEntries(redis, SANDBOXES))
    sessions = Sessions(
        tokens_of(settings),
        entries,
        records,
        limits_of(settings),
        notices,
        feed,
        memory,
    )
    devices = Devices(sessions, entries, records)
    vitals = Vitals(pool, memory, feed, background)
    counters = RedisCounters(redis), MemoryCounters()
    tidying = Tidying(SqlAttic(), settings.sessions_kept, settings.events_kept)
    return Services(
        settings=settings,
        accounts=accounts,
        registration=Registration(
            users,
            passwords,
            accounts,
            devices,
            links,
            notices,
            events,
            feed,
            must_confirm=settings.must_confirm,
        ),
        attempts=Attempts(*counters, enabled=settings.ratelimit_enabled),
        events=events,
        drafts=RedisDrafts(redis),
        feed=feed,
        lab=laboratory,
        background=background,
        outbox=outbox,
        directory=Directory(users, accounts, devices, notices),
        clients=Clients(SqlClients()),
        sessions=sessions,
        devices=devices,
        tidying=tidying,
        tidier=Tidier(tidying, RedisTurns(redis).take, background, now),
        access_keys=settings.access_token_keys,
        metrics=Metrics(settings.instance_path / "metrics", vitals.levels),
        readiness=Readiness(
            {
                "sql": partial(health.ask_sql, app),
                "redis": partial(health.ask_redis, redis),
                "migrations": partial(health.ask_migrations, app),
            }
        ),
        now=now,
    )


def post_office(
    settings: Settings, outbox: Outbox | None, background: Background, now: Callable[[], float]
) -> PostOffice:
    def open_up() -> "tuple[Letters, Transport]":
        from .mail.letters import Letters
        from .mail.transports import Smtp

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


def install_web(app: Flask, settings: Settings) -> None:
    """The order is the order in which a request meets them."""
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops)  # type: ignore[method-assign]
    app.session_interface = cookies.FlaskSessionCookie()
    logs.install(app, as_json=settings.logs_json, in_full=settings.mode == "development")
    authentication.install(app)
    csrf.install(app)
    errors.install(app)
    template_context.install(app)
    app.register_blueprint(pages)
    app.register_blueprint(oauth.oauth)
    app.register_blueprint(well_known.well_known)
    api.install(app)
    if settings.has_lab:
        lab.install(app)
    cli.install(app)
    # A body is waited for before anything happens but the naming of the request.
    app.wsgi_app = Admission(app.wsgi_app, MAX_BODY)  # type: ignore[method-assign]
    services: Services = app.extensions["evergreen"]
    app.wsgi_app = Operations(  # type: ignore[method-assign, assignment]
        app.wsgi_app, services.readiness, services.metrics, settings.metrics_token
    )
    noted.connect(services.metrics.event, sender=app)
    headers.install(app, services.metrics.request)


def prepare_development(app: Flask) -> None:
    services: Services = app.extensions["evergreen"]
    app.config["DEMO_ACCOUNT"] = development.DEMO
    try:
        with app.app_context():
            migrate()
            development.create_demo_account(services.accounts, services.now())
    except (SQLAlchemyError, Unavailable) as error:
        raise ConfigError(f"DATABASE_URL: can't be used: {in_one_line(error)}") from error
