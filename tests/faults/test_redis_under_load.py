"""Redis fails while people work: requests get 503 at worst, and all users stay signed in."""

import pytest

from tests.support import faults, proxy
from tests.support.environment import RENEWAL, Site, assert_no_sign_in_lost, endure
from tests.support.load import Crowd

pytestmark = pytest.mark.thorough("faults under load")


def test_redis_killed_and_restarted_from_its_file_is_an_outage_and_no_logout(
    site: Site, crowd: Crowd
) -> None:
    tally = endure("Redis killed -9, restarted with AOF", crowd, faults.redis_killed(site))
    assert_no_sign_in_lost(tally)
    assert tally.having_status(503)


def test_a_promoted_replica_that_lost_the_last_second_is_healed_and_no_logout_is_undone(
    site: Site, crowd: Crowd
) -> None:
    fault = faults.redis_behind(site)
    name = "Replica without the last second promoted"
    assert_no_sign_in_lost(endure(name, crowd, fault, after=RENEWAL))


def test_redis_emptied_is_healed_and_what_had_ended_stays_so(site: Site, crowd: Crowd) -> None:
    fault = faults.redis_emptied(site)
    assert_no_sign_in_lost(endure("FLUSHALL, twice", crowd, fault, after=RENEWAL))


def test_redis_hanging_is_an_outage_and_no_logout(site: Site, crowd: Crowd) -> None:
    tally = endure("Redis hangs (SIGSTOP)", crowd, faults.redis_hanging(site))
    assert_no_sign_in_lost(tally)
    assert tally.having_status(503)


def test_a_network_that_swallows_everything_is_an_outage_and_no_logout(
    site: Site, crowd: Crowd
) -> None:
    fault = site.proxy.having(proxy.SILENT)
    assert_no_sign_in_lost(endure("Network to Redis silent", crowd, fault))


def test_a_network_that_takes_300_ms_only_makes_it_slower(site: Site, crowd: Crowd) -> None:
    fault = site.proxy.having(proxy.DELAYED)
    assert_no_sign_in_lost(endure("Redis answers 300 ms late", crowd, fault))


def test_lost_replies_are_an_outage_and_no_logout(site: Site, crowd: Crowd) -> None:
    fault = site.proxy.having(proxy.REPLIES_LOST)
    assert_no_sign_in_lost(endure("30 % of Redis' replies lost", crowd, fault))


def test_replies_cut_in_the_middle_are_an_outage_and_no_logout(site: Site, crowd: Crowd) -> None:
    fault = site.proxy.having(proxy.REPLIES_CUT)
    assert_no_sign_in_lost(endure("30 % of Redis' replies cut", crowd, fault))


def test_refused_connections_are_an_outage_and_no_logout(site: Site, crowd: Crowd) -> None:
    fault = site.proxy.having(proxy.REFUSED)
    assert_no_sign_in_lost(endure("Connections to Redis cut and refused", crowd, fault))


def test_redis_out_of_memory_is_an_outage_and_no_logout(site: Site, crowd: Crowd) -> None:
    fault = faults.redis_out_of_memory(site)
    assert_no_sign_in_lost(endure("Redis out of memory (OOM)", crowd, fault))


def test_redis_with_a_full_disk_is_an_outage_and_no_logout(site: Site, crowd: Crowd) -> None:
    fault = faults.redis_disk_full(site)
    assert_no_sign_in_lost(endure("Redis' disk full (MISCONF)", crowd, fault))
