"""PostgreSQL fails while people work: requests get 503 at worst, and all users stay signed in."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest

from tests.support.environment import assert_no_sign_in_lost, endure, served, site
from tests.support.load import Crowd
from tests.support.postgres import PostgresServer
from tests.support.proxy import DELAYED, REFUSED, REPLIES_CUT, REPLIES_LOST, SILENT, Proxy, Trouble

pytestmark = pytest.mark.thorough("faults under load")

END_OTHERS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid != pg_backend_pid()
"""
FAILING = """
CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'the disk is full' USING ERRCODE = 'disk_full'; END $$;
CREATE CONSTRAINT TRIGGER failing AFTER INSERT OR UPDATE ON sessions
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION fail();
"""


@pytest.fixture(scope="module")
def url(postgres: PostgresServer) -> Iterator[str]:
    with postgres.fresh("template0") as url:
        yield url


@pytest.fixture(scope="module")
def network(url: str) -> Iterator[Proxy]:
    """Between the app and its database."""
    proxy = Proxy(psycopg.conninfo.conninfo_to_dict(url)["port"]).start()
    yield proxy
    proxy.stop()


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory, url: str, network: Proxy) -> Iterator[Crowd]:
    through = url.replace(f":{network.upstream}/", f":{network.port}/")
    with site(tmp_path_factory.mktemp("site"), DATABASE_URL=through) as here, served(here) as app:
        crowd = here.crowd(app).settle()
        yield crowd
        crowd.stop()


def test_postgresql_restarted_is_an_outage_and_no_logout(
    people: Crowd, postgres: PostgresServer
) -> None:
    tally = endure("PostgreSQL down, and up again", people, postgres.stopped())
    assert_no_sign_in_lost(tally)
    assert tally.having_status(503)


def test_postgresql_hanging_is_an_outage_and_no_logout(
    people: Crowd, postgres: PostgresServer
) -> None:
    assert_no_sign_in_lost(endure("PostgreSQL hangs (SIGSTOP)", people, postgres.hanging()))


def test_connections_that_are_cut_are_opened_anew(people: Crowd, url: str) -> None:
    assert_no_sign_in_lost(endure("PostgreSQL's connections cut", people, hung_up(url)))


def test_locked_tables_are_an_outage_and_no_logout(people: Crowd, url: str) -> None:
    assert_no_sign_in_lost(endure("PostgreSQL's tables locked", people, locked(url)))


def test_a_commit_that_fails_is_an_outage_and_no_logout(people: Crowd, url: str) -> None:
    assert_no_sign_in_lost(endure("PostgreSQL fails at commit", people, failing_at_commit(url)))


@pytest.mark.parametrize(
    ("name", "trouble"),
    [
        ("silent", SILENT),
        ("300 ms late", DELAYED),
        ("30 % of replies lost", REPLIES_LOST),
        ("30 % of replies cut", REPLIES_CUT),
        ("refused", REFUSED),
    ],
)
def test_a_bad_network_is_an_outage_and_no_logout(
    people: Crowd, network: Proxy, name: str, trouble: Trouble
) -> None:
    fault = network.having(trouble)
    assert_no_sign_in_lost(endure(f"Network to PostgreSQL: {name}", people, fault))


@contextmanager
def hung_up(url: str) -> Iterator[None]:
    """An administrator ends every connection, again and again."""
    with psycopg.connect(url, autocommit=True) as sql:
        sql.execute(END_OTHERS)
        yield
        sql.execute(END_OTHERS)


@contextmanager
def locked(url: str) -> Iterator[None]:
    with psycopg.connect(url) as sql:
        while not has_locked(sql):
            pass
        yield


def has_locked(sql: psycopg.Connection) -> bool:
    """PostgreSQL locks one table after the other; a join may hold them the other way around."""
    try:
        sql.execute("LOCK TABLE users, sessions IN ACCESS EXCLUSIVE MODE")
    except psycopg.errors.DeadlockDetected:
        sql.rollback()
        return False
    return True


@contextmanager
def failing_at_commit(url: str) -> Iterator[None]:
    """What is deferred is checked by COMMIT."""
    with psycopg.connect(url, autocommit=True) as sql:
        sql.execute(FAILING)
        yield
        sql.execute("DROP FUNCTION fail CASCADE")
