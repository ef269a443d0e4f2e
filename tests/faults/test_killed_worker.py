"""A worker is killed with -9 in the middle of a redeem, two hundred times."""

import os
import random
import signal
import time

from flask import Flask

from tests.support.browser import CHROME, EMAIL
from tests.support.clock import Clock
from tests.support.servers import RedisServer
from webapp.core.grants import Grant, Origin
from webapp.core.sessions import Sessions
from webapp.store.models import db
from webapp.store.users import SqlUsers

HERE = Origin("192.0.2.1", CHROME)
ROUNDS = 200


def test_no_kill_signs_anybody_out_or_starts_a_second_chain(
    app: Flask, sessions: Sessions, clock: Clock, redis_server: RedisServer
) -> None:
    found = SqlUsers().by_email(EMAIL)
    assert found
    grant = sessions.start(found[0], HERE, remember=True, now=clock.now)
    outcomes = set()
    began = time.monotonic()
    grant = sessions.redeem(grant.refresh_token, HERE, clock.now)
    usual = time.monotonic() - began
    db.session.remove()  # or the children would share its connection
    for _ in range(ROUNDS):
        clock.advance(301)
        kill_in_the_middle_of_a_redeem(sessions, grant, clock, random.uniform(0, 3 * usual))
        after = sessions.redeem(grant.refresh_token, HERE, clock.now)
        assert after.refresh.gen == grant.refresh.gen + 1
        sessions.confirm(after.access_token, clock.now)
        db.session.remove()
        grant = after
        outcomes.add(after.outcome)
    assert outcomes == {"rotated", "repeated"}, "every kill came too early, or too late"
    (entry,) = redis_server.snapshot().values()
    assert entry[0].startswith(f"{ROUNDS + 1} ")


def kill_in_the_middle_of_a_redeem(
    sessions: Sessions, grant: Grant, clock: Clock, after: float
) -> None:
    ready, tell = os.pipe()
    worker = os.fork()
    if worker == 0:
        db.engine.dispose(close=False)
        os.write(tell, b"!")
        sessions.redeem(grant.refresh_token, HERE, clock.now)
        signal.pause()
    os.read(ready, 1)
    time.sleep(after)
    os.kill(worker, signal.SIGKILL)
    os.waitpid(worker, 0)
    os.close(ready)
    os.close(tell)
