"""What ends in one worker is over in the others within a second, also when Redis fails them."""

import gc
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import event

from tests.conftest import services_of
from tests.support.browser import EMAIL, FIREFOX, PASSWORD, Browser
from tests.support.clock import Clock
from tests.support.servers import RedisServer, wait_until
from webapp import create_app
from webapp.core.end_reasons import EndReason
from webapp.core.models import User, UserChanges
from webapp.store.redis import invalidation_feed
from webapp.store.redis.invalidation_feed import STREAM, RedisInvalidationFeed
from webapp.store.sql.models import db
from webapp.store.sql.sessions import SqlSessions

pytestmark = pytest.mark.impatient

PROTECTED = "/api/v1/protected"
# Seconds. The promise is one; a busy machine may take longer, and never for ever.
SOON = 30.0


class Worker:
    """One process's app; other workers share its Redis and its database."""

    def __init__(self, environment: dict[str, str], clock: Clock) -> None:
        self.app = create_app(environment, clock)
        self.now = clock
        self.services = services_of(self.app)
        self.live()

    @property
    def feed(self) -> RedisInvalidationFeed:
        feed = self.services.feed
        assert isinstance(feed, RedisInvalidationFeed)
        return feed

    def live(self) -> None:
        wait_until(lambda: self.feed.epoch >= 0)

    def status(self, token: str) -> int:
        return Browser(self.app).fetch(PROTECTED, token).status_code

    def refuses(self, token: str) -> bool:
        return self.status(token) == 401

    def asks(self, token: str) -> bool:
        """Whether it asks SQL for a token that is good."""
        asked = []

        def note(*_: object) -> None:
            asked.append(threading.get_ident())  # a sign-in's clean-up asks as well

        with self.app.app_context():
            event.listen(db.engine, "checkout", note)
            assert self.status(token) == 200
            event.remove(db.engine, "checkout", note)
        return threading.get_ident() in asked

    def know(self, token: str) -> None:
        """Cache its access token."""
        assert self.status(token) == 200
        wait_until(lambda: not self.asks(token))

    def sid(self, token: str) -> str:
        with self.app.app_context():
            return self.services.token_verifier.verify(token, self.now())[1].sid

    def user(self, email: str = EMAIL) -> User:
        with self.app.app_context():
            user, _ = self.services.accounts.find(email)
        assert user
        return user

    def end(self, sid: str) -> None:
        with self.app.app_context():
            self.services.sessions.end(sid, EndReason.LOGOUT, self.now())

    def end_unheard(self, sid: str) -> None:
        """In SQL, without an announcement: the worker was cut off from Redis."""
        with self.app.app_context():
            SqlSessions().close(sid, EndReason.LOGOUT, int(self.now()))

    def end_all(self) -> None:
        user = self.user()
        with self.app.app_context():
            self.services.devices.end_all(user.id, EndReason.ENDED_BY_ADMIN, self.now())

    def change(self, email: str = EMAIL, **changes) -> None:
        user = self.user(email)
        with self.app.app_context():
            self.services.user_admin.change(user.id, UserChanges(**changes), self.now())

    def remove(self) -> None:
        user = self.user()
        with self.app.app_context():
            self.services.user_admin.remove(user.id, self.now())


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[RedisServer]:
    """A server of this test alone, to be stopped and paused."""
    (tmp_path / "redis").mkdir()
    server = RedisServer(tmp_path / "redis").start()
    yield server
    server.stop()


@pytest.fixture
def environment(environment: dict[str, str], own_redis: RedisServer) -> dict[str, str]:
    return environment | {"REDIS_URL": own_redis.url}


@pytest.fixture
def here(environment: dict[str, str], clock: Clock) -> Worker:
    return Worker(environment, clock)


@pytest.fixture
def there(environment: dict[str, str], clock: Clock) -> Worker:
    return Worker(environment, clock)


@pytest.fixture
def browser(here: Worker) -> Browser:
    browser = Browser(here.app)
    browser.sign_in()
    return browser


@pytest.fixture
def token(browser: Browser, there: Worker) -> str:
    """A session of Ada. Both workers have verified its token, and `there` has it cached."""
    there.know(browser.access_token)
    return browser.access_token


class TestHeard:
    def test_a_logout(self, browser: Browser, there: Worker, token: str) -> None:
        browser.sign_out()
        wait_until(lambda: there.refuses(token), SOON)

    @pytest.mark.parametrize(
        "act",
        [
            lambda worker: worker.end_all(),
            lambda worker: worker.change(disabled=True),
            lambda worker: worker.change(password="a loom of leaves and flowers"),
            lambda worker: worker.remove(),
        ],
        ids=["signed out", "disabled", "given another password", "deleted"],
    )
    def test_what_an_admin_does(self, here: Worker, there: Worker, token: str, act) -> None:
        act(here)
        wait_until(lambda: there.refuses(token), SOON)

    def test_a_change_of_the_password_in_another_browser(
        self, here: Worker, there: Worker, token: str
    ) -> None:
        other = Browser(here.app, FIREFOX)
        other.sign_in()
        there.know(other.access_token)
        new = "a loom of leaves and flowers"
        answer = other.post("/account/password", current_password=PASSWORD, new_password=new)
        assert answer.status_code == 303, answer.text
        wait_until(lambda: there.refuses(token), SOON)
        assert there.status(other.access_token) == 200

    def test_a_theft(self, browser: Browser, clock: Clock, here: Worker, there: Worker) -> None:
        stolen = browser.refresh_token
        for _ in range(2):
            clock.advance(301)
            assert browser.is_in()
        token = browser.access_token
        there.know(token)
        clock.advance(60)
        thief = Browser(here.app, FIREFOX)
        thief.keep({"refresh_token": stolen})
        assert not thief.is_in()
        wait_until(lambda: there.refuses(token), SOON)

    def test_another_role_both_ways(self, here: Worker, there: Worker) -> None:
        with here.app.app_context():
            for email in ("root@example.com", "second@example.com"):
                here.services.accounts.register(email, PASSWORD, role="admin", now=0)
        browser = Browser(here.app)
        browser.sign_in("second@example.com")
        elsewhere = Browser(there.app)
        elsewhere.keep({"access_token": browser.access_token})

        def status() -> int:
            return elsewhere.get("/admin/users").status_code

        assert status() == 200
        there.know(browser.access_token)
        here.change("second@example.com", role="user")
        wait_until(lambda: status() == 403, SOON)
        here.change("second@example.com", role="admin")
        wait_until(lambda: status() == 200, SOON)

    def test_tokens_of_other_sessions_stay_cached(
        self, here: Worker, there: Worker, token: str
    ) -> None:
        other = Browser(here.app, FIREFOX)
        other.sign_in()
        sid = here.sid(other.access_token)
        here.end(sid)
        wait_until(lambda: there.feed.is_invalidated(sid, ""), SOON)
        assert there.refuses(other.access_token)
        wait_until(lambda: not there.asks(token))

    def test_a_worker_that_dies_between_saying_so_and_doing_it_has_ended_nothing(
        self, here: Worker, there: Worker, token: str
    ) -> None:
        sid = here.sid(token)
        here.feed.publish(sid)
        wait_until(lambda: there.feed.is_invalidated(sid, ""), SOON)
        assert [there.asks(token) for _ in range(2)] == [True, True]
        here.end_unheard(sid)
        assert there.refuses(token)


class TestUnheard:
    def test_after_its_connection_was_killed_it_asks_again(
        self,
        here: Worker,
        there: Worker,
        token: str,
        own_redis: RedisServer,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        # However busy the machine is: only the killed connection makes it ask.
        monkeypatch.setattr(invalidation_feed, "MAX_SILENCE", 60)
        here.end_unheard(here.sid(token))
        assert there.status(token) == 200
        own_redis.client().client_kill_filter(_type="normal", skipme=True)
        wait_until(lambda: there.refuses(token), SOON)

    @pytest.mark.thorough("outages")
    def test_after_redis_was_restarted_it_asks_again(
        self, here: Worker, there: Worker, token: str, own_redis: RedisServer
    ) -> None:
        sid = here.sid(token)
        own_redis.stop()
        here.end_unheard(sid)
        own_redis.start()
        there.live()
        assert there.refuses(token)

    @pytest.mark.thorough("outages")
    def test_while_redis_is_down_it_asks_sql_each_time(
        self, here: Worker, there: Worker, token: str, own_redis: RedisServer
    ) -> None:
        sid = here.sid(token)
        own_redis.stop()
        wait_until(lambda: there.feed.epoch < 0, SOON)
        assert [there.asks(token) for _ in range(3)] == [True] * 3
        here.end(sid)
        assert there.refuses(token)
        assert here.refuses(token)
        own_redis.start()

    def test_while_redis_hangs_an_end_is_noticed_within_a_second(
        self, here: Worker, there: Worker, token: str, own_redis: RedisServer
    ) -> None:
        sid = here.sid(token)
        own_redis.pause()
        here.end_unheard(sid)
        wait_until(lambda: there.feed.epoch < 0)
        assert there.refuses(token)

    @pytest.mark.thorough("outages")
    def test_what_could_not_be_said_is_said_when_redis_is_back(
        self, here: Worker, there: Worker, token: str, own_redis: RedisServer
    ) -> None:
        sid = here.sid(token)
        own_redis.stop()
        here.end(sid)
        own_redis.start()
        wait_until(lambda: sid in str(own_redis.client().xrange(STREAM)))
        there.live()
        assert there.refuses(token)

    @pytest.mark.thorough("outages")
    def test_a_redis_that_is_full_and_can_only_be_read_hides_no_end(
        self, here: Worker, there: Worker, token: str, own_redis: RedisServer
    ) -> None:
        sid = here.sid(token)
        own_redis.client().config_set("maxmemory", "1")
        here.end(sid)
        wait_until(lambda: there.refuses(token), SOON)

    def test_while_the_last_read_is_too_old_it_asks_each_time(
        self, there: Worker, token: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with monkeypatch.context() as patch:
            patch.setattr(invalidation_feed, "MAX_SILENCE", 0)
            assert [there.asks(token) for _ in range(3)] == [True] * 3
        there.live()
        wait_until(lambda: not there.asks(token))


@pytest.mark.thorough("outages")
def test_the_reader_of_an_app_that_is_gone_ends(environment: dict[str, str], clock: Clock) -> None:
    before = {thread for thread in threading.enumerate() if thread.name == "feed"}
    worker = Worker(environment, clock)
    (reader,) = {thread for thread in threading.enumerate() if thread.name == "feed"} - before
    assert reader.is_alive()
    del worker
    gc.collect()
    wait_until(lambda: not reader.is_alive())
