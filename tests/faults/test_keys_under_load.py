"""Signing keys are replaced, and the old one is withdrawn, while people work (README)."""

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from tests.support.app_server import AppServer
from tests.support.environment import ACCESS_TTL, Site, assert_no_sign_in_lost, endure, served_by
from tests.support.load import Crowd
from webapp.core.keys import generate_secret

pytestmark = pytest.mark.thorough("faults under load")


def test_a_new_signing_key_and_the_end_of_the_old_one_sign_no_user_out(
    site: Site, server: AppServer, crowd: Crowd
) -> None:
    with hosts(site) as others, served_by(crowd, server):
        fault = key_replaced(crowd, server, *others)
        tally = endure("Signing key replaced, old one withdrawn", crowd, fault)
    assert_no_sign_in_lost(tally)


@contextmanager
def key_replaced(
    crowd: Crowd, old: AppServer, added: AppServer, moved: AppServer, withdrawn: AppServer
) -> Iterator[None]:
    """Host by host, so that for a while there are some of both kinds."""
    crowd.places[:] = [old.place, added.place]
    time.sleep(1)
    crowd.places[:] = [added.place, moved.place]
    time.sleep(1)
    crowd.places[:] = [moved.place]
    time.sleep(ACCESS_TTL)  # until the last token of the old key has expired
    crowd.places[:] = [withdrawn.place]
    yield


@contextmanager
def hosts(site: Site) -> Iterator[list[AppServer]]:
    """They start at the same time: each has to load for a while."""
    made = [AppServer(site.environment | settings) for settings in settings_of_hosts(site)]
    with ExitStack() as stack:
        for server in made:
            server.launch()
            stack.callback(server.stop)
        yield [server.wait_until_ready() for server in made]


def settings_of_hosts(site: Site) -> list[dict[str, str]]:
    """The new key is added last; it moves to the front; the old one is dropped."""
    secrets = json.loads((site.database.parent / "secrets.json").read_text())
    old, new = secrets["access_token_keys"], f"access-2:{generate_secret()}"
    rings = [f"{old},{new}", f"{new},{old}", new]
    return [{"WEBAPP_ACCESS_TOKEN_KEYS": ring} for ring in rings]
