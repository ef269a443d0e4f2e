"""A worker is killed with -9 in the middle of a redeem, again and again."""

import os
import random
import signal
import time

import pytest
from flask import Flask

from tests.support.browser import CHROME, EMAIL
from tests.support.clock import Clock
from tests.support.servers import RedisServer
from webapp.core.sessions import Sessions
from webapp.core.token_issuer import ClientInfo, IssuedTokens
from webapp.core.token_verifier import TokenVerifier
from webapp.store.sql.models import db
from webapp.store.sql.users import SqlUsers

pytestmark = pytest.mark.thorough("faults under load")

HERE = ClientInfo("192.0.2.1", CHROME)
# `EVERGREEN_KILLS` for a long run.
ROUNDS = int(os.environ.get("EVERGREEN_KILLS", "60"))


def test_no_kill_signs_anybody_out_or_starts_a_second_chain(
    app: Flask,
    sessions: Sessions,
    token_verifier: TokenVerifier,
    clock: Clock,
    redis_server: RedisServer,
) -> None:
    found = SqlUsers().by_email(EMAIL)
    assert found
    grant = sessions.start(found[0], HERE, remember=True, now=clock.now)
    moment = 0.005
    outcomes = set()
    for _ in range(ROUNDS):
        clock.advance(301)
        redeem_in_a_worker(sessions, grant, clock, killed_after=moment)
        after = sessions.redeem(grant.refresh_token, HERE, clock.now)
        assert after.refresh.gen == grant.refresh.gen + 1
        token_verifier.verify(after.access_token, clock.now)
        grant = after
        outcomes.add(after.outcome)
        # Around the middle, however fast the machine is: later after a kill that came too early.
        moment *= random.uniform(1, 2) if after.outcome == "rotated" else random.uniform(0.5, 1)
    assert outcomes == {"rotated", "repeated"}, "every kill came too early, or too late"
    (entry,) = redis_server.snapshot().values()
    assert entry[0].startswith(f"{ROUNDS} ")


def redeem_in_a_worker(
    sessions: Sessions, grant: IssuedTokens, clock: Clock, killed_after: float
) -> None:
    """It ends by being killed, in the middle or when it is done."""
    db.session.remove()  # or the child would share its connection
    read_end, write_end = os.pipe()
    worker = os.fork()
    if worker == 0:
        db.engine.dispose(close=False)
        os.write(write_end, b"ready")
        sessions.redeem(grant.refresh_token, HERE, clock.now)
        signal.pause()
    os.read(read_end, 5)
    time.sleep(killed_after)
    os.kill(worker, signal.SIGKILL)
    os.waitpid(worker, 0)
    os.close(read_end)
    os.close(write_end)
