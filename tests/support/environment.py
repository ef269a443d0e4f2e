"""A whole site: Redis and SQL, a network that may fail, the app, and its people."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from webapp import create_app

from .app_server import AppServer
from .browser import PASSWORD
from .load import Crowd, Habits
from .outcomes import Tally
from .proxy import Proxy
from .servers import RedisServer

# Seconds. So short a life makes browsers refresh all the time. Not shorter: a request that waits
# while others rotate twice shows a token as a thief does, and on a busy machine some wait for 3 s.
ACCESS_TTL = 6
PEOPLE, PROGRAMS = 16, 6
# Seconds before and after a fault.
BEFORE, AFTER = 0.3, 1.4
# Seconds to wait for the first response and the first refresh after it.
PATIENCE = 30.0
# Seconds in which each browser has to send a refresh token.
RENEWAL = ACCESS_TTL + 0.6


class Site:
    def __init__(
        self,
        folder: Path,
        redis: RedisServer,
        proxy: Proxy,
        people: int,
        programs: int,
        settings: dict[str, str],
    ) -> None:
        self.redis, self.proxy = redis, proxy
        self.environment = {
            "WEBAPP_MODE": "development",
            "WEBAPP_INSTANCE_PATH": str(folder / "instance"),
            "REDIS_URL": f"redis://127.0.0.1:{proxy.port}/0",
            "WEBAPP_BCRYPT_ROUNDS": "4",
            "WEBAPP_ACCESS_TOKEN_TTL": str(ACCESS_TTL),
            "WEBAPP_TRUSTED_PROXIES": "1",  # every client has an address of its own
            **settings,
        }
        self.people = [f"person-{i}@example.com" for i in range(people)]
        self.programs = [f"program-{i}@example.com" for i in range(programs)]

    def prepare(self) -> "Site":
        """Tables, secrets and accounts."""
        app = create_app(self.environment)
        accounts = app.extensions["evergreen"].accounts
        with app.app_context():
            for email in self.people + self.programs:
                accounts.register(email, PASSWORD, now=time.time())
        return self

    @property
    def database(self) -> Path:
        return Path(self.environment["WEBAPP_INSTANCE_PATH"]) / "evergreen.db"

    def crowd(self, server: AppServer, habits: Habits | None = None) -> Crowd:
        return Crowd([server.place], self.people, self.programs, habits or Habits())

    @contextmanager
    def sql(self) -> Iterator[sqlite3.Connection]:
        connection = sqlite3.connect(self.database, isolation_level=None, timeout=5)
        try:
            yield connection
        finally:
            connection.close()


@contextmanager
def site(
    folder: Path, people: int = PEOPLE, programs: int = PROGRAMS, **settings: str
) -> Iterator[Site]:
    """Its own Redis, with an append-only file; and SQLite, if `settings` don't say otherwise."""
    (folder / "redis").mkdir()
    redis = RedisServer(folder / "redis", appendonly="yes").start()
    proxy = Proxy(redis.port).start()
    try:
        yield Site(folder, redis, proxy, people, programs, settings).prepare()
    finally:
        proxy.stop()
        redis.stop()


@contextmanager
def served(
    site: Site, place: int | str = 0, wrong_by: int = 0, **settings: str
) -> Iterator[AppServer]:
    server = AppServer(site.environment | settings, place, wrong_by)
    server.launch()
    try:
        yield server.wait_until_ready()
    finally:
        server.stop()


@contextmanager
def served_by(crowd: Crowd, *servers: AppServer) -> Iterator[None]:
    """By these in turns, and by those before again afterwards."""
    before = crowd.places[:]
    crowd.places[:] = [server.place for server in servers]
    try:
        yield
    finally:
        crowd.places[:] = before


@contextmanager
def busy(crowd: Crowd) -> Iterator[Tally]:
    """Its people are about; afterwards they rest."""
    tally = crowd.resume()
    try:
        yield tally
    finally:
        crowd.pause()


def endure(
    name: str,
    crowd: Crowd,
    fault: AbstractContextManager[object],
    seconds: float = 1,
    after: float = AFTER,
) -> Tally:
    """Let the crowd live through a fault of so many seconds; what they wrote down."""
    with busy(crowd) as tally:
        time.sleep(BEFORE)
        with fault:
            time.sleep(seconds)
        tally.fault_ended = time.monotonic()
        time.sleep(after)
        wait_for_service(tally)
    tally.fault = name
    return tally


def wait_for_service(tally: Tally) -> None:
    """On a busy machine the crowd may need longer than usual; the checks follow."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and not (served_after(tally) and tally.events["refreshes"]):
        time.sleep(0.1)


def served_after(tally: Tally) -> bool:
    return any(each.at > tally.fault_ended for each in tally.having_status(200))


def assert_no_sign_in_lost(tally: Tally) -> None:
    """Outages are 503s; and every session is open or ended as it should be."""
    assert not tally.wrong, "\n".join([tally.fault, *tally.examples[:10]])
    assert served_after(tally), "no request was served after the fault"
    assert tally.events["refreshes"] > 0, "no session was refreshed: that was no load"
