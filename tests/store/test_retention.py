"""Clean-up removes what is long over, in small batches, and never what still refuses a token."""

import logging
from dataclasses import replace

import pytest
from flask import Flask

from tests.conftest import services_of
from tests.support.browser import CHROME, EMAIL, Browser
from tests.support.clock import Clock
from tests.support.servers import RedisServer
from webapp import create_app
from webapp.core import retention
from webapp.core.end_reasons import EndReason
from webapp.core.errors import SessionEnded, TokenExpired
from webapp.core.retention import Removed, RetentionPolicy
from webapp.core.sessions import Sessions
from webapp.core.token_issuer import ClientInfo, IssuedTokens
from webapp.store.redis.lock import LOCK_KEY
from webapp.store.sql.models import DeviceRow, EventRow, SessionRow, db

HERE = ClientInfo("192.0.2.1", CHROME)
DAY = 86400


@pytest.fixture
def tidying(app: Flask) -> RetentionPolicy:
    return services_of(app).retention


@pytest.fixture
def grant(app: Flask, sessions: Sessions, clock: Clock) -> IssuedTokens:
    """A kept sign-in: thirty days of idling, ninety in all."""
    user, _ = services_of(app).accounts.find(EMAIL)
    assert user
    return sessions.start(user, HERE, remember=True, now=clock())


def rows() -> int:
    return db.session.query(SessionRow).count()


def test_an_ended_session_is_kept_ninety_days_longer(
    tidying: RetentionPolicy, sessions: Sessions, grant: IssuedTokens, clock: Clock
) -> None:
    sessions.end(grant.session.sid, EndReason.LOGOUT, clock())
    clock.advance(90 * DAY)
    assert tidying.purge_batch(clock()).sessions == 0
    clock.advance(DAY + 1)
    assert tidying.purge_batch(clock()).sessions == 1
    assert rows() == 0


def test_one_without_an_end_is_kept_ninety_days_after_its_absolute_limit(
    tidying: RetentionPolicy, grant: IssuedTokens, clock: Clock
) -> None:
    clock.now = grant.session.expires_at + 90 * DAY
    assert tidying.purge_batch(clock()).sessions == 0
    clock.advance(DAY + 1)
    assert tidying.purge_batch(clock()).sessions == 1


def test_an_open_session_stays(tidying: RetentionPolicy, grant: IssuedTokens, clock: Clock) -> None:
    clock.now = grant.session.expires_at
    assert tidying.purge_batch(clock()).sessions == 0


def test_an_end_outlives_every_token_of_it_also_where_rows_are_kept_for_a_day(
    tidying: RetentionPolicy,
    sessions: Sessions,
    grant: IssuedTokens,
    clock: Clock,
    redis_server: RedisServer,
) -> None:
    brief = replace(tidying, sessions_kept=DAY)
    backup = redis_server.snapshot()
    sessions.end(grant.session.sid, EndReason.LOGOUT, clock())
    clock.now = grant.refresh.exp - 1
    assert brief.purge_batch(clock()).sessions == 0
    redis_server.roll_back(backup)
    with pytest.raises(SessionEnded, match="ended"):
        sessions.redeem(grant.refresh_token, HERE, clock())

    clock.now = grant.refresh.exp + DAY + 1
    assert brief.purge_batch(clock()).sessions == 1
    redis_server.roll_back(backup)
    with pytest.raises(TokenExpired):
        sessions.redeem(grant.refresh_token, HERE, clock())


def test_a_token_made_just_before_the_end_counts_from_the_end(
    tidying: RetentionPolicy, sessions: Sessions, grant: IssuedTokens, clock: Clock
) -> None:
    brief = replace(tidying, sessions_kept=DAY)
    clock.advance(29 * DAY)
    last = sessions.redeem(grant.refresh_token, HERE, clock())
    sessions.end(grant.session.sid, EndReason.LOGOUT, clock())
    clock.now = last.refresh.exp - 1
    assert brief.purge_batch(clock()).sessions == 0


def test_events_are_kept_for_four_hundred_days(
    tidying: RetentionPolicy, sessions: Sessions, clock: Clock
) -> None:
    db.session.query(EventRow).delete()
    db.session.add(EventRow(kind="signed_in", at=int(clock())))
    db.session.commit()
    clock.advance(400 * DAY)
    assert tidying.purge_batch(clock()).events == 0
    clock.advance(1)
    assert tidying.purge_batch(clock()).events == 1


def test_a_batch_is_small_and_says_that_there_is_more(
    tidying: RetentionPolicy,
    app: Flask,
    sessions: Sessions,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(retention, "BATCH", 2)
    add_old_events(clock, 3)
    assert tidying.purge_batch(clock()) == Removed(events=2, more=True)
    assert tidying.purge_batch(clock()) == Removed(events=1)


def test_a_sign_in_removes_all_of_it_batch_by_batch(
    app: Flask,
    browser: Browser,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(retention, "BATCH", 2)
    with app.app_context():
        add_old_events(clock, 5)
    caplog.set_level(logging.INFO)
    browser.sign_in()
    assert old_events(app) == 0
    assert "removed rows: sessions=0 events=5" in caplog.text


def test_once_an_hour_for_all_workers_together(
    app: Flask, environment: dict[str, str], clock: Clock, redis_server: RedisServer
) -> None:
    Browser(app).sign_in()
    assert old_events(app) == 0
    with app.app_context():
        add_old_events(clock, 1)
    other = create_app(environment, clock)
    Browser(other).sign_in()
    assert old_events(other) == 1
    assert 0 < redis_server.client().ttl(LOCK_KEY) <= 3600
    redis_server.client().delete(LOCK_KEY)  # it lapses
    Browser(app).sign_in()
    assert old_events(app) == 1  # a worker does not ask each time
    third = create_app(environment, clock)
    Browser(third).sign_in()
    assert old_events(third) == 0


def add_old_events(clock: Clock, count: int) -> None:
    old = int(clock()) - 500 * DAY
    db.session.add_all(
        EventRow(kind="signed_in", user_id=None, at=old, detail="old") for _ in range(count)
    )
    db.session.commit()


def old_events(app: Flask) -> int:
    """Once nothing is left to do."""
    assert services_of(app).background.finish(5)
    with app.app_context():
        return db.session.query(EventRow).filter_by(detail="old").count()


def test_a_browser_is_forgotten_400_days_after_its_last_sign_in_to_an_account(
    app: Flask, tidying: RetentionPolicy, clock: Clock
) -> None:
    def known() -> int:
        return db.session.query(DeviceRow).count()

    Browser(app).sign_in()
    with app.app_context():
        clock.advance(400 * DAY)
        tidying.purge_batch(clock())
        assert known() == 1
        clock.advance(1)
        tidying.purge_batch(clock())
        assert known() == 0
