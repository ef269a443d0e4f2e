"""Whatever happens in whatever order: three sentences stay true.

An honest client is never out; an ended session is never accepted; a session has
at most one live chain. Runs on a real Redis and a real database. How many runs:
`EVERGREEN_RUNS` (an environment variable, so that the suite stays quick).
"""

import os
from collections.abc import Iterator

import pytest
from flask import Flask
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.conftest import services_of
from tests.support.browser import CHROME, EMAIL
from tests.support.clock import Clock
from tests.support.servers import RedisServer
from webapp.core.errors import SessionEnded, TokenExpired
from webapp.core.sessions import Sessions
from webapp.core.token_issuer import ClientInfo, IssuedTokens
from webapp.core.token_verifier import TokenVerifier
from webapp.store.sql.models import EventRow, SessionRow, db
from webapp.store.sql.users import SqlUsers

HERE = ClientInfo("192.0.2.1", CHROME)
RUNS = int(os.environ.get("EVERGREEN_RUNS", "30"))
GRACE = 30
CLOCKS_APART = 24


class Life(RuleBasedStateMachine):
    """One account, one browser that behaves, a network that does not, and a thief."""

    sessions: Sessions
    token_verifier: TokenVerifier
    clock: Clock
    redis: RedisServer

    def __init__(self) -> None:
        super().__init__()
        self.redis.client().flushall()
        db.session.query(EventRow).delete()
        db.session.query(SessionRow).delete()
        db.session.commit()
        found = SqlUsers().by_email(EMAIL)
        assert found
        self.user = found[0]
        self.held: IssuedTokens | None = None
        self.history: list[IssuedTokens] = []
        self.ended: list[IssuedTokens] = []
        self.snapshot = self.redis.snapshot()
        self.skew = 0

    @precondition(lambda self: self.held is None)
    @rule()
    def sign_in(self) -> None:
        self.held = self.sessions.start(self.user, HERE, remember=True, now=self.clock.now)
        self.history = [self.held]

    @precondition(lambda self: self.held)
    @rule()
    def refresh(self) -> None:
        self.accept(self.redeem(self.held))

    @precondition(lambda self: self.held)
    @rule()
    def refresh_and_use(self) -> None:
        self.accept(self.redeem(self.held))
        self.token_verifier.verify(self.held.access_token, self.clock.now)

    @precondition(lambda self: self.held)
    @rule(times=st.integers(1, 3), wait=st.sampled_from([0, 5, 31, 3600]))
    def lose_responses(self, times: int, wait: int) -> None:
        for _ in range(times):
            self.history.append(self.redeem(self.held))
            self.clock.advance(wait)

    @precondition(lambda self: self.held)
    @rule(tabs=st.integers(2, 4))
    def race(self, tabs: int) -> None:
        answers = [self.redeem(self.held) for _ in range(tabs)]
        assert len({answer.refresh_token for answer in answers}) == 1
        self.accept(answers[-1])

    @precondition(lambda self: self.held)
    @rule()
    def race_of_which_one_is_late(self) -> None:
        """A second tab asks with the old token when the first has already used the new one."""
        old = self.held
        self.accept(self.redeem(old))
        self.token_verifier.verify(self.held.access_token, self.clock.now)
        self.clock.advance(GRACE)
        assert self.redeem(old).refresh_token == self.held.refresh_token

    @precondition(lambda self: self.held and len(self.history) > 3)
    @rule(age=st.integers(1, 3))
    def replay(self, age: int) -> None:
        """A thief presents an old one after the owner has used its successors."""
        self.token_verifier.verify(self.redeemed_now().access_token, self.clock.now)
        self.clock.advance(GRACE + CLOCKS_APART + 1)
        older = [g for g in self.history if g.refresh.gen < self.held.refresh.gen]
        with pytest.raises(SessionEnded):
            self.redeem(older[-min(age, len(older))])
        self.close()

    @precondition(lambda self: self.held)
    @rule()
    def log_out(self) -> None:
        self.sessions.end(self.held.refresh.sid, "logout", self.clock.now)
        self.close()

    @rule()
    def back_up_redis(self) -> None:
        self.snapshot = self.redis.snapshot()

    @rule()
    def roll_redis_back(self) -> None:
        self.redis.roll_back(self.snapshot)

    @rule()
    def empty_redis(self) -> None:
        self.redis.client().flushall()

    @rule(seconds=st.sampled_from([1, 29, 31, 301, 7200, 86400]))
    def time_passes(self, seconds: int) -> None:
        self.clock.advance(seconds)

    @rule(skew=st.sampled_from([-CLOCKS_APART // 2, 0, CLOCKS_APART // 2]))
    def another_host_answers(self, skew: int) -> None:
        """Hosts' clocks differ: time also steps back."""
        self.clock.advance(skew - self.skew)
        self.skew = skew

    @invariant()
    def no_ended_session_is_accepted(self) -> None:
        for grant in self.ended[-4:]:
            with pytest.raises((SessionEnded, TokenExpired)):
                self.redeem(grant)
            with pytest.raises((SessionEnded, TokenExpired)):
                self.token_verifier.verify(grant.access_token, self.clock.now)

    @invariant()
    def there_is_one_chain(self) -> None:
        """Only this client has rotated its session; Redis may be behind."""
        entry = self.held and self.redis.client().get(f"session:{self.held.refresh.sid}")
        if entry:
            newest = max(grant.refresh.gen for grant in self.history)
            assert int(entry.split()[0]) <= newest

    def redeem(self, grant: IssuedTokens) -> IssuedTokens:
        return self.sessions.redeem(grant.refresh_token, HERE, self.clock.now)

    def redeemed_now(self) -> IssuedTokens:
        self.accept(self.redeem(self.held))
        return self.held

    def accept(self, grant: IssuedTokens) -> None:
        assert grant.refresh.gen > self.held.refresh.gen
        self.held = grant
        self.history.append(grant)

    def close(self) -> None:
        self.ended += self.history
        self.held = None


@pytest.fixture
def life(app: Flask, clock: Clock, redis_server: RedisServer) -> Iterator[type[Life]]:
    with app.app_context():
        services = services_of(app)
        Life.sessions, Life.token_verifier = services.sessions, services.token_verifier
        Life.clock, Life.redis = clock, redis_server
        yield Life


def test_no_session_ends_by_accident_and_no_ended_one_stays_open(life: type[Life]) -> None:
    run_state_machine_as_test(
        life,
        settings=settings(
            max_examples=RUNS,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
