"""Workers die, stand still and are replaced while people work."""

from pathlib import Path

import pytest

from tests.support import faults
from tests.support.app_server import PATIENCE, AppServer
from tests.support.environment import (
    ACCESS_TTL,
    Site,
    assert_no_sign_in_lost,
    endure,
    served,
    served_by,
)
from tests.support.load import Crowd
from tests.support.servers import wait_until

pytestmark = pytest.mark.thorough("faults under load")

# Where a request may wait for longer than two tokens usually live here: it would be a replay.
PATIENT = {"WEBAPP_ACCESS_TOKEN_TTL": str(2 * ACCESS_TTL)}


def test_a_killed_worker_is_replaced_and_signs_no_user_out(server: AppServer, crowd: Crowd) -> None:
    started = server.started
    tally = endure("App worker killed -9", crowd, faults.worker_killed(server))
    assert_no_sign_in_lost(tally)
    wait_until(lambda: server.started == started + 1, PATIENCE)


def test_a_worker_that_stood_still_refuses_sessions_that_ended_meanwhile(
    site: Site, crowd: Crowd
) -> None:
    with served(site, **PATIENT) as server, served_by(crowd, server):
        fault = faults.worker_stopped(server)
        tally = endure("App worker stands still (SIGSTOP)", crowd, fault)
    assert_no_sign_in_lost(tally)


def test_a_rolling_restart_behind_a_proxy_loses_no_request(
    site: Site, crowd: Crowd, tmp_path: Path
) -> None:
    """On a socket in the file system: all workers share its queue, so none is lost with one."""
    place = str(tmp_path / "app.sock")
    with served(site, place, **PATIENT) as server, served_by(crowd, server):
        tally = endure("Rolling restart (SIGHUP)", crowd, faults.reloaded(server), 0)
        assert not tally.having_status(0)
    assert_no_sign_in_lost(tally)
