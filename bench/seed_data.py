"""Users and sessions in bulk: the rows and keys that as many sign-ins would write."""

import time
import uuid
from collections.abc import Iterable

import redis
from flask import Flask
from sqlalchemy import Connection, insert

from webapp.core.models import Session
from webapp.core.policy import Role
from webapp.core.security_events import EventKind
from webapp.core.token_issuer import BROWSER_CLIENT
from webapp.core.tokens import new_token_id
from webapp.store.redis.generations import RedisGenerations
from webapp.store.sql.migrate import migrating
from webapp.store.sql.models import EventRow, SessionRow, UserRow, UserWordRow, db
from webapp.store.sql.user_search import search_terms

from .client import USER_AGENT

BATCH = 10_000  # sessions
SESSIONS_OF_A_USER = 2
DAY = 24 * 3600


def seed(app: Flask, redis_url: str, sessions: range) -> None:
    """Add sessions with these numbers, each with the event of its sign-in.

    The ranges of two calls must not overlap: e-mail addresses are made from the numbers.
    """
    pipeline = redis.Redis.from_url(redis_url).pipeline(transaction=False)
    entries = RedisGenerations(pipeline)
    for first in range(sessions.start, sessions.stop, BATCH):
        batch = range(first, min(first + BATCH, sessions.stop))
        opened = [new_session(str(uuid.uuid4())) for _ in batch[::SESSIONS_OF_A_USER]]
        opened += [new_session(each.user_id) for each in opened[: len(batch) - len(opened)]]
        with app.app_context(), db.engine.begin() as connection:
            insert_users(connection, opened, batch)
            insert_sessions(connection, opened)
        for session in opened:
            entries.start(session.sid, now=session.created_at, browser="!ab", ttl=session.idle_ttl)
        pipeline.execute()


def new_session(user_id: str) -> Session:
    now = int(time.time())
    return Session(
        sid=new_token_id(),
        user_id=user_id,
        client_id=BROWSER_CLIENT,
        created_at=now,
        ip="192.0.2.1",
        user_agent=USER_AGENT,
        remembered=True,
        idle_ttl=30 * DAY,
        expires_at=now + 90 * DAY,
        reauthenticated_at=now,
    )


def seed_one_user(user_id: str, sessions: int) -> None:
    """Add sessions of one user, in SQL alone."""
    for first in range(0, sessions, BATCH):
        opened = [new_session(user_id) for _ in range(min(BATCH, sessions - first))]
        with migrating() as connection:  # without the time limits of requests
            insert_sessions(connection, opened)


def insert_users(connection: Connection, opened: list[Session], batch: range) -> None:
    users = list(zip(dict.fromkeys(each.user_id for each in opened), batch, strict=False))
    insert_into(connection, UserRow, (user_row(user_id, number) for user_id, number in users))
    insert_into(connection, UserWordRow, (row for each in users for row in word_rows(*each)))


def insert_sessions(connection: Connection, opened: list[Session]) -> None:
    columns = Session.__slots__
    insert_into(connection, SessionRow, ({n: getattr(each, n) for n in columns} for each in opened))
    insert_into(connection, EventRow, (event_row(each) for each in opened))


def insert_into(connection: Connection, table: type, rows: Iterable[dict[str, object]]) -> None:
    connection.execute(insert(table), list(rows))


def user_row(user_id: str, number: int) -> dict[str, object]:
    now = int(time.time())
    return {
        "id": user_id,
        "email": f"user{number}@example.com",
        "name": f"Person {number}",
        "password_hash": "$2b$12$" + "." * 53,
        "role": Role.USER,
        "created_at": now,
        "email_verified_at": now,
        "awaiting_verification": False,
    }


def word_rows(user_id: str, number: int) -> Iterable[dict[str, object]]:
    user = user_row(user_id, number)
    words = search_terms(str(user["email"]), str(user["name"]))
    return ({"word": word, "user_id": user_id} for word in words)


def event_row(session: Session) -> dict[str, object]:
    return {
        "user_id": session.user_id,
        "sid": session.sid,
        "at": session.created_at,
        "kind": EventKind.SIGNED_IN,
        "ip": session.ip,
        "user_agent": session.user_agent,
    }


def analyze(app: Flask) -> None:
    """Refresh PostgreSQL's statistics. Autovacuum would do it within a minute."""
    with app.app_context(), migrating() as connection:  # without the time limits of requests
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("ANALYZE")
