"""core ← store, mail: hand the core the places where its state lives."""

import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from flask import Flask
from redis import Redis

from . import development
from .config import ROOT, Settings, using
from .core.accounts import Accounts
from .core.attempts import Attempts
from .core.clients import Clients
from .core.devices import Devices
from .core.directory import Directory
from .core.email_changes import EmailChanges
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
from .mail.delivery import Transport
from .mail.outbox import Outbox
from .mail.post import PostOffice
from .store import health
from .store.attempts import RedisCounters
from .store.attic import SqlAttic
from .store.clients import SqlClients
from .store.clock import RedisClock
from .store.connect import redis_client
from .store.devices import SqlDevices
from .store.drafts import RedisDrafts
from .store.email_changes import SqlEmailChanges
from .store.events import SqlEvents
from .store.feed import RedisFeed
from .store.memory_rate_limits import MemoryCounters
from .store.overview import SqlOverview
from .store.records import SqlRecords
from .store.redis.lock import RedisTurns
from .store.session_ends import SqlSessionEnds
from .store.sessions import RedisEntries
from .store.users import SqlUsers
from .web.background import Background
from .web.operations.metrics import Metrics
from .web.operations.readiness import Readiness
from .web.operations.vitals import Vitals
from .web.services import Services
from .web.tidying import Tidier

if TYPE_CHECKING:
    from .lab.laboratory import Laboratory
    from .mail.letters import Letters

# Seconds that a session is asked about beyond the life of its last access token.
DOUBT_MARGIN = 60


def wire(
    app: Flask,
    settings: Settings,
    background: Background,
    now: Callable[[], float] | None = None,
) -> Services:
    assert settings.access_token_keys is not None
    with using("REDIS_URL"):
        redis = redis_client(settings.redis_url, settings.instance_path / "redis")
    entries, records = RedisEntries(redis), SqlRecords()
    if not now and settings.redis_url:  # the embedded server has this host's clock
        now = clock = RedisClock(redis)
        entries = RedisEntries(redis, require_right=clock.require_right)
    now = now or time.time
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
    laboratory = None
    if settings.has_lab:
        entries, records, laboratory = under_glass(redis, entries, records)
    sessions = Sessions(
        tokens_of(settings),
        entries,
        records,
        limits_of(settings),
        notices,
        feed,
        memory,
        lambda: tidier.finish_ends(),
    )
    email_changes = EmailChanges(
        SqlEmailChanges(), users, passwords, accounts, sessions, links, notices, feed
    )
    ends = SqlSessionEnds()
    devices = Devices(sessions, entries, records, ends, feed)
    vitals = Vitals(pool, memory, feed, background)
    counters = RedisCounters(redis), MemoryCounters()
    kept = (settings.sessions_kept, settings.events_kept, settings.pending_kept)
    tidying = Tidying(SqlAttic(), ends, sessions, *kept)
    tidier = Tidier(tidying, RedisTurns(redis).take, background, now)
    return Services(
        settings=settings,
        accounts=accounts,
        email_changes=email_changes,
        registration=Registration(
            users,
            passwords,
            accounts,
            sessions,
            links,
            notices,
            email_changes,
            events,
            feed,
            must_confirm=settings.must_confirm,
        ),
        links=links,
        attempts=Attempts(*counters, enabled=settings.ratelimit_enabled),
        events=events,
        drafts=RedisDrafts(redis),
        feed=feed,
        lab=laboratory,
        background=background,
        outbox=outbox,
        directory=Directory(users, accounts, sessions, notices, feed),
        clients=Clients(SqlClients()),
        sessions=sessions,
        session_queries=SqlOverview(),
        devices=devices,
        device_repository=SqlDevices(),
        tidying=tidying,
        tidier=tidier,
        access_keys=settings.access_token_keys,
        metrics=Metrics(settings.instance_path / "metrics", vitals.levels),
        readiness=Readiness(
            {
                "sql": partial(health.ask_sql, app),
                "redis": partial(health.ask_redis, redis),
                "migrations": health.Migrations(app).ask,
            }
        ),
        now=now,
    )


def under_glass(
    redis: Redis, entries: RedisEntries, records: SqlRecords
) -> "tuple[RedisEntries, SqlRecords, Laboratory]":
    """Both stores watched, and a place for sandboxes beside them."""
    from .lab.laboratory import Laboratory
    from .lab.live.redis_exchanges import SANDBOXES, RedisTrail
    from .lab.watching import watched

    laboratory = Laboratory(RedisTrail(redis), RedisEntries(redis, SANDBOXES))
    return watched(entries, "redis"), watched(records, "sql"), laboratory


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
