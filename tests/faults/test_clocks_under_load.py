"""One of two hosts has a wrong clock: nobody is signed out for it, and nobody stays in."""

import pytest

from tests.support.app_server import AppServer
from tests.support.crowd import Crowd
from tests.support.faults import moment
from tests.support.site import Site, assert_nobody_noticed, endure, served


@pytest.mark.parametrize("clock", ["+30s", "-30s", "+300s", "-300s"])
def test_a_host_whose_clock_is_wrong_signs_nobody_out(
    site: Site, server: AppServer, crowd: Crowd, clock: str
) -> None:
    with served(site, clock=clock) as other:
        crowd.places.append(other.place)
        tally = endure(f"Clock of one host {clock}", crowd, moment(), 2)
        crowd.places.remove(other.place)
    assert_nobody_noticed(tally)
