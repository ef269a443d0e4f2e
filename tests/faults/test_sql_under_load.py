"""SQL fails while people work: requests get 503 at worst, and all users stay signed in."""

import pytest

from tests.support import faults
from tests.support.app_server import AppServer
from tests.support.environment import Site, assert_no_sign_in_lost, endure
from tests.support.load import Crowd

pytestmark = pytest.mark.thorough("faults under load")


def test_sql_down_is_an_outage_and_no_logout(site: Site, crowd: Crowd) -> None:
    tally = endure("SQL down (SQLite: no tables)", crowd, faults.sql_gone(site))
    assert_no_sign_in_lost(tally)
    assert tally.having_status(503)


def test_sql_locked_stops_no_refresh(site: Site, crowd: Crowd) -> None:
    tally = endure("SQL locked by a writer", crowd, faults.sql_locked(site))
    assert_no_sign_in_lost(tally)


def test_a_commit_that_fails_on_a_full_disk_is_an_outage_and_no_logout(
    site: Site, server: AppServer, crowd: Crowd
) -> None:
    tally = endure("SQL's disk full: commits fail", crowd, faults.sql_disk_full(server))
    assert_no_sign_in_lost(tally)
