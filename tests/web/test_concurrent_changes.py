"""Two things happen at once, and the one that must not win does not."""

import pytest
from flask import Flask
from redis import Redis

from tests.conftest import services_of
from tests.support.api import Program
from tests.support.browser import EMAIL, PASSWORD, Browser
from tests.support.clock import Clock
from tests.support.servers import RedisServer, wait_until
from webapp import create_app
from webapp.core.errors import InvalidCredentials
from webapp.core.security_events import EventKind
from webapp.core.token_issuer import ClientInfo
from webapp.store.redis.invalidation_feed import STREAM

HERE = ClientInfo("192.0.2.1", "program/1.0")
NEW = "a whole new woollen jumper"


def set_password(app: Flask, clock: Clock) -> None:
    accounts = services_of(app).accounts
    user, hashed = accounts.find(EMAIL)
    assert user
    assert hashed
    accounts.set_password(user, hashed, NEW, EventKind.PASSWORD_RESET, clock())


def test_a_login_that_a_new_password_overtakes_opens_no_session(app: Flask, clock: Clock) -> None:
    services = services_of(app)
    with app.app_context():
        user = services.accounts.authenticate(EMAIL, PASSWORD, clock())
        set_password(app, clock)
        with pytest.raises(InvalidCredentials):
            services.sessions.start(user, HERE, remember=True, now=clock())
        assert services.devices.of(user.id, clock()) == []


def test_a_login_that_its_users_end_overtakes_opens_no_session(app: Flask, clock: Clock) -> None:
    services = services_of(app)
    with app.app_context():
        user = services.accounts.authenticate(EMAIL, PASSWORD, clock())
        services.user_admin.remove(user.id, clock())
        with pytest.raises(InvalidCredentials):
            services.sessions.start(user, HERE, remember=True, now=clock())


def test_a_hash_that_is_renewed_at_login_brings_no_old_password_back(
    environment: dict[str, str], clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = create_app(environment | {"WEBAPP_BCRYPT_ROUNDS": "5"}, clock)
    services = services_of(app)
    outdated = services.accounts._passwords.needs_rehash

    def overtaken(hashed: str) -> bool:
        monkeypatch.undo()
        set_password(app, clock)
        return outdated(hashed)

    monkeypatch.setattr(services.accounts._passwords, "needs_rehash", overtaken)
    assert Browser(app).post("/login", email=EMAIL, password=PASSWORD).status_code == 303
    assert Browser(app).post("/login", email=EMAIL, password=PASSWORD).status_code == 422
    Browser(app).sign_in(password=NEW)


def test_a_worker_that_joins_reads_what_was_published_just_before(
    environment: dict[str, str], clock: Clock, redis_server: RedisServer
) -> None:
    """The change itself may be committed after it has looked."""
    app = create_app(environment, clock)
    redis = redis_server.client()
    seconds, _ = redis.time()
    redis.xadd(STREAM, {"of": "a session"}, id=f"{seconds - 3}000-0")
    feed = services_of(app).feed
    wait_until(lambda: feed.epoch >= 0)
    assert feed.is_invalidated("a session", "")


def test_a_reader_survives_what_it_cannot_read(
    app: Flask, redis_server: RedisServer, clock: Clock
) -> None:
    feed = services_of(app).feed
    wait_until(lambda: feed.epoch >= 0)
    client: Redis = redis_server.client()
    client.xadd(STREAM, {"something": "else"})
    client.delete(STREAM)
    wait_until(lambda: feed.epoch >= 0)
    client.xadd(STREAM, {"of": "a session"})
    wait_until(lambda: feed.is_invalidated("a session", ""))


@pytest.mark.parametrize("path", ["//api/v1/auth/profile", "///api/v1/protected"])
def test_more_slashes_make_no_page_of_the_api(browser: Browser, path: str) -> None:
    browser.sign_in()
    answer = browser.client.get("/", headers=browser.headers, environ_overrides={"PATH_INFO": path})
    assert answer.status_code == 401


@pytest.mark.parametrize("space", ["\x85", "\xa0"])
def test_an_odd_space_before_a_cookies_name_is_part_of_it(browser: Browser, space: str) -> None:
    browser.sign_in()
    planted = f"{space}access_token={browser.access_token}"
    stranger = browser.client.application.test_client(use_cookies=False)
    answer = stranger.get(
        "/dashboard", headers=browser.headers, environ_overrides={"HTTP_COOKIE": planted}
    )
    assert answer.status_code == 303


@pytest.mark.thorough("large tables")
def test_a_whole_address_finds_its_user_among_hundreds(app: Flask, clock: Clock) -> None:
    with app.app_context():
        for number in range(300):
            services_of(app).accounts.register(f"p@big{number}.example", PASSWORD, now=clock())
        services_of(app).accounts.register("root@example.com", PASSWORD, role="admin", now=0)
    admin = Program(app)
    admin.log_in("root@example.com")
    found = admin.call("GET", "/users?q=P@big299.example").json["data"]
    assert [user["email"] for user in found["users"]] == ["p@big299.example"]
