"""One of two hosts has a wrong clock: no user is signed out, and no ended session stays open."""

import pytest

from tests.support.app_server import AppServer
from tests.support.environment import Site, assert_no_sign_in_lost, endure, served, served_by
from tests.support.faults import moment
from tests.support.load import Crowd

pytestmark = pytest.mark.thorough("faults under load")


@pytest.mark.parametrize("wrong_by", [30, -30, 300, -300])
def test_a_wrong_host_clock_signs_no_user_out(
    site: Site, server: AppServer, crowd: Crowd, wrong_by: int
) -> None:
    with served(site, wrong_by=wrong_by) as other, served_by(crowd, server, other):
        tally = endure(f"Clock of one host {wrong_by:+} s", crowd, moment(), 2)
    assert_no_sign_in_lost(tally)
    # It lets people wait until it has read the time of Redis.
    assert len(tally.having_status(503)) < 0.25 * len(tally.answers)
