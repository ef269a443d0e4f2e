"""The redeem table of the design, row by row, on a real Redis and a real database."""

from dataclasses import replace

import pytest

from tests.support.browser import CHROME, EMAIL, FIREFOX
from tests.support.clock import Clock
from tests.support.servers import RedisServer
from webapp.core.errors import (
    RefreshInvalid,
    RefreshReused,
    SessionEnded,
    TokenExpired,
    TokenInvalid,
)
from webapp.core.models import User
from webapp.core.sessions import Sessions
from webapp.core.token_issuer import ClientInfo, IssuedTokens
from webapp.core.token_verifier import TokenVerifier
from webapp.store.sql.models import EventRow, SessionRow, UserRow, db
from webapp.store.sql.users import SqlUsers

HERE = ClientInfo("192.0.2.1", CHROME, device_id="of-this-browser")
# Of the same system, and with the same version of the same browser.
THIEF = ClientInfo("198.51.100.9", CHROME)
GRACE = 30


@pytest.fixture
def ada(sessions: Sessions) -> User:
    found = SqlUsers().by_email(EMAIL)
    assert found
    return found[0]


@pytest.fixture
def start(sessions: Sessions, ada: User, clock: Clock) -> IssuedTokens:
    return sessions.start(ada, HERE, remember=False, now=clock.now)


class TestRotated:
    def test_the_live_token_is_exchanged_for_the_next_generation(
        self, sessions: Sessions, start: IssuedTokens, clock: Clock
    ) -> None:
        clock.advance(400)
        grant = sessions.redeem(start.refresh_token, HERE, clock.now)
        assert (grant.outcome, grant.refresh.gen, grant.refresh.iat) == ("rotated", 1, clock.now)

    def test_the_idle_limit_slides_and_the_absolute_one_does_not(
        self, sessions: Sessions, start: IssuedTokens, clock: Clock
    ) -> None:
        token, end = start.refresh_token, clock.now + 90 * 86400
        while clock.now + 12 * 3600 - 60 < end:
            clock.advance(12 * 3600 - 60)
            grant = sessions.redeem(token, HERE, clock.now)
            token = grant.refresh_token
        assert grant.refresh.exp == end
        clock.now = end
        with pytest.raises(TokenExpired):
            sessions.redeem(token, HERE, clock.now)


class TestRepeated:
    def test_a_race_gets_the_very_same_successor(
        self, sessions: Sessions, token_verifier: TokenVerifier, start: IssuedTokens, clock: Clock
    ) -> None:
        first = sessions.redeem(start.refresh_token, HERE, clock.now)
        token_verifier.verify(first.access_token, clock.now)
        clock.advance(GRACE)
        second = sessions.redeem(start.refresh_token, HERE, clock.now)
        assert second.outcome == "repeated"
        assert second.refresh_token == first.refresh_token

    def test_a_lost_response_is_repeated_as_long_as_the_token_lives(
        self, sessions: Sessions, start: IssuedTokens, clock: Clock
    ) -> None:
        lost = sessions.redeem(start.refresh_token, HERE, clock.now)
        clock.advance(11 * 3600)
        again = sessions.redeem(start.refresh_token, HERE, clock.now)
        assert (again.outcome, again.refresh_token) == ("repeated", lost.refresh_token)

    def test_two_tabs_of_a_laptop_that_wakes_up_after_a_lost_response_both_get_it(
        self, sessions: Sessions, token_verifier: TokenVerifier, start: IssuedTokens, clock: Clock
    ) -> None:
        sessions.redeem(start.refresh_token, HERE, clock.now)
        clock.advance(3600)
        first = sessions.redeem(start.refresh_token, HERE, clock.now)
        token_verifier.verify(first.access_token, clock.now)
        clock.advance(1)
        second = sessions.redeem(start.refresh_token, HERE, clock.now)
        assert second.refresh_token == first.refresh_token

    @pytest.mark.parametrize("agent", [FIREFOX, "", "MyApp 1.2.4", "Mozilla/5.0 (X11; Linux)"])
    def test_a_browser_that_shows_another_user_agent_is_still_the_same(
        self, sessions: Sessions, start: IssuedTokens, clock: Clock, agent: str
    ) -> None:
        posing = replace(HERE, ip="198.51.100.7", user_agent=agent)
        sessions.redeem(start.refresh_token, HERE, clock.now)
        assert sessions.redeem(start.refresh_token, posing, clock.now).outcome == "repeated"

    def test_a_browser_that_has_got_another_device_cookie_may_race_as_well(
        self, sessions: Sessions, start: IssuedTokens, clock: Clock
    ) -> None:
        other = replace(HERE, device_id="another")
        token = sessions.redeem(start.refresh_token, other, clock.now).refresh_token
        for _ in range(2):
            assert sessions.redeem(token, other, clock.now).refresh.gen == 2

    def test_of_a_browser_without_a_device_cookie_those_that_have_just_got_theirs_may_race(
        self, sessions: Sessions, start: IssuedTokens, clock: Clock
    ) -> None:
        without = replace(HERE, device_id="")
        token = sessions.redeem(start.refresh_token, without, clock.now).refresh_token
        given = replace(HERE, device_id=start.session.sid)
        for origin in (without, given, without, given):
            assert sessions.redeem(token, origin, clock.now).refresh.gen == 2

    @pytest.mark.parametrize("agents", [("MyApp 1.2.3", "MyApp 1.2.4"), ("a/1", "b/1"), ("", "x")])
    def test_a_program_may_call_itself_as_it_likes(
        self, sessions: Sessions, ada: User, clock: Clock, agents: tuple[str, str]
    ) -> None:
        before, after = (ClientInfo("192.0.2.1", agent, "api") for agent in agents)
        token = sessions.start(ada, before, remember=True, now=clock.now).refresh_token
        sessions.redeem(token, before, clock.now)
        assert sessions.redeem(token, after, clock.now).outcome == "repeated"

    @pytest.mark.parametrize("kind", ["OPQ", "ABC", "a2b", "234"])
    def test_an_entry_from_before_there_were_device_cookies_asks_for_none(
        self,
        sessions: Sessions,
        token_verifier: TokenVerifier,
        start: IssuedTokens,
        clock: Clock,
        redis_server: RedisServer,
        kind: str,
    ) -> None:
        successor = sessions.redeem(start.refresh_token, HERE, clock.now)
        entry = f"1 {int(clock.now)} 0{kind}"
        redis_server.client().set(f"session:{start.refresh.sid}", entry)
        clock.advance(60)
        for _ in range(2):
            again = sessions.redeem(start.refresh_token, HERE, clock.now)
            assert again.refresh_token == successor.refresh_token
        token_verifier.verify(again.access_token, clock.now)
        clock.advance(GRACE + 1)
        with pytest.raises(RefreshReused):
            sessions.redeem(start.refresh_token, HERE, clock.now)


class TestReused:
    @pytest.mark.parametrize("proof", ["access token", "refresh token"])
    def test_once_the_successor_was_seen_and_the_grace_is_over_a_replay_is_theft(
        self,
        sessions: Sessions,
        token_verifier: TokenVerifier,
        start: IssuedTokens,
        clock: Clock,
        proof: str,
    ) -> None:
        grant = sessions.redeem(start.refresh_token, HERE, clock.now)
        if proof == "access token":
            token_verifier.verify(grant.access_token, clock.now)
        else:
            grant = sessions.redeem(grant.refresh_token, HERE, clock.now)
        clock.advance(GRACE + 1)
        with pytest.raises(RefreshReused):
            sessions.redeem(start.refresh_token, HERE, clock.now)
        with pytest.raises(SessionEnded, match="ended"):
            sessions.redeem(grant.refresh_token, HERE, clock.now)
        with pytest.raises(SessionEnded):
            token_verifier.verify(grant.access_token, clock.now)

    def test_three_quick_rotations_and_then_the_first_token_is_theft_inside_the_grace_too(
        self, sessions: Sessions, start: IssuedTokens, clock: Clock
    ) -> None:
        token = start.refresh_token
        for _ in range(3):
            token = sessions.redeem(token, HERE, clock.now).refresh_token
        with pytest.raises(RefreshReused):
            sessions.redeem(start.refresh_token, HERE, clock.now)

    @pytest.mark.parametrize("thief", [THIEF, replace(THIEF, device_id="of-the-thief")])
    def test_a_repeat_without_the_device_cookie_is_theft_at_once(
        self, sessions: Sessions, start: IssuedTokens, clock: Clock, thief: ClientInfo
    ) -> None:
        sessions.redeem(start.refresh_token, HERE, clock.now)
        with pytest.raises(RefreshReused):
            sessions.redeem(start.refresh_token, thief, clock.now)

    def test_repeats_after_the_successor_was_seen_do_not_lengthen_the_grace(
        self, sessions: Sessions, token_verifier: TokenVerifier, start: IssuedTokens, clock: Clock
    ) -> None:
        grant = sessions.redeem(start.refresh_token, HERE, clock.now)
        token_verifier.verify(grant.access_token, clock.now)
        for _ in range(2):
            clock.advance(GRACE // 2)
            sessions.redeem(start.refresh_token, HERE, clock.now)
        clock.advance(1)
        with pytest.raises(RefreshReused):
            sessions.redeem(start.refresh_token, HERE, clock.now)

    @pytest.mark.parametrize("thief", [THIEF, replace(THIEF, device_id="of-the-thief")])
    def test_a_thief_without_the_device_cookie_is_noticed_also_when_first(
        self, sessions: Sessions, start: IssuedTokens, clock: Clock, thief: ClientInfo
    ) -> None:
        sessions.redeem(start.refresh_token, thief, clock.now)
        with pytest.raises(RefreshReused):
            sessions.redeem(start.refresh_token, HERE, clock.now)

    def test_the_end_and_its_reason_are_written_down_once(
        self, sessions: Sessions, start: IssuedTokens, clock: Clock
    ) -> None:
        sessions.redeem(start.refresh_token, HERE, clock.now)
        for _ in range(3):
            with pytest.raises(SessionEnded):
                sessions.redeem(start.refresh_token, THIEF, clock.now)
        ends = db.session.query(EventRow).filter_by(sid=start.refresh.sid, kind="session_ended")
        assert [event.detail for event in ends] == ["reuse"]


class TestHealed:
    def test_an_empty_redis_signs_no_user_out(
        self,
        sessions: Sessions,
        token_verifier: TokenVerifier,
        start: IssuedTokens,
        clock: Clock,
        redis_server: RedisServer,
    ) -> None:
        redis_server.client().flushall()
        token_verifier.verify(start.access_token, clock.now)
        grant = sessions.redeem(start.refresh_token, HERE, clock.now)
        assert (grant.outcome, grant.refresh.gen) == ("healed", 1)

    def test_a_redis_five_generations_behind_signs_no_user_out(
        self,
        sessions: Sessions,
        token_verifier: TokenVerifier,
        start: IssuedTokens,
        clock: Clock,
        redis_server: RedisServer,
    ) -> None:
        old, grant = redis_server.snapshot(), start
        for _ in range(5):
            grant = sessions.redeem(grant.refresh_token, HERE, clock.now)
        redis_server.roll_back(old)
        token_verifier.verify(grant.access_token, clock.now)
        healed = sessions.redeem(grant.refresh_token, HERE, clock.now)
        assert (healed.outcome, healed.refresh.gen) == ("healed", 6)

    @pytest.mark.parametrize("value", ["", "0 1 0 0", "nonsense", "1 2 3 4 5 6"])
    def test_an_entry_that_cannot_be_read_is_as_good_as_lost(
        self,
        sessions: Sessions,
        token_verifier: TokenVerifier,
        start: IssuedTokens,
        clock: Clock,
        redis_server: RedisServer,
        value: str,
    ) -> None:
        redis_server.client().set(f"session:{start.refresh.sid}", value)
        token_verifier.verify(start.access_token, clock.now)
        assert sessions.redeem(start.refresh_token, HERE, clock.now).outcome == "healed"

    def test_an_entry_lives_as_long_as_its_newest_token(
        self, sessions: Sessions, start: IssuedTokens, clock: Clock, redis_server: RedisServer
    ) -> None:
        for _ in range(2):
            left = redis_server.client().ttl(f"session:{start.refresh.sid}")
            assert 12 * 3600 - 5 < left <= 12 * 3600
            sessions.redeem(start.refresh_token, HERE, clock.now)

    def test_a_race_after_the_loss_still_has_one_successor(
        self, sessions: Sessions, start: IssuedTokens, clock: Clock, redis_server: RedisServer
    ) -> None:
        redis_server.client().flushall()
        first = sessions.redeem(start.refresh_token, HERE, clock.now)
        second = sessions.redeem(start.refresh_token, HERE, clock.now)
        assert second.refresh_token == first.refresh_token

    def test_a_database_backup_from_before_the_login_signs_no_user_out(
        self, sessions: Sessions, token_verifier: TokenVerifier, start: IssuedTokens, clock: Clock
    ) -> None:
        forget_session(start)
        token_verifier.verify(start.access_token, clock.now)
        grant = sessions.redeem(start.refresh_token, HERE, clock.now)
        assert grant.outcome == "rotated"
        assert db.session.get(SessionRow, start.refresh.sid)

    def test_a_session_that_neither_store_knows_is_refused(
        self,
        sessions: Sessions,
        token_verifier: TokenVerifier,
        start: IssuedTokens,
        clock: Clock,
        redis_server: RedisServer,
    ) -> None:
        forget_session(start)
        redis_server.client().flushall()
        with pytest.raises(SessionEnded):
            sessions.redeem(start.refresh_token, HERE, clock.now)
        with pytest.raises(SessionEnded):
            token_verifier.verify(start.access_token, clock.now)


class TestEnded:
    def test_a_logout_survives_whatever_one_store_forgets_after_the_other(
        self,
        sessions: Sessions,
        token_verifier: TokenVerifier,
        start: IssuedTokens,
        clock: Clock,
        redis_server: RedisServer,
    ) -> None:
        old = redis_server.snapshot()
        sessions.end(start.refresh.sid, "logout", clock.now)
        losses = [
            lambda: redis_server.roll_back(old),
            lambda: redis_server.client().flushall(),
            lambda: reopen_in_sql(start),
            lambda: forget_session(start),
        ]
        for lose in losses:
            lose()
            with pytest.raises(SessionEnded):
                token_verifier.verify(start.access_token, clock.now)
            with pytest.raises(SessionEnded):
                sessions.redeem(start.refresh_token, HERE, clock.now)

    def test_a_logout_is_in_redis_at_once_and_survives_the_loss_of_sql_alone(
        self, sessions: Sessions, start: IssuedTokens, clock: Clock
    ) -> None:
        sessions.end(start.refresh.sid, "logout", clock.now)
        reopen_in_sql(start)
        with pytest.raises(SessionEnded):
            sessions.redeem(start.refresh_token, HERE, clock.now)

    def test_the_first_reason_stays(
        self, sessions: Sessions, start: IssuedTokens, clock: Clock
    ) -> None:
        sessions.end(start.refresh.sid, "logout", clock.now)
        sessions.end(start.refresh.sid, "reuse", clock.now)
        with pytest.raises(SessionEnded) as refusal:
            sessions.redeem(start.refresh_token, HERE, clock.now)
        assert refusal.value.reason == "logout"

    def test_a_disabled_user_is_found_at_the_next_request(
        self, sessions: Sessions, token_verifier: TokenVerifier, start: IssuedTokens, clock: Clock
    ) -> None:
        user = db.session.get(UserRow, start.user.id)
        assert user
        user.disabled_at = 1
        db.session.commit()
        for attempt in (token_verifier.verify, lambda t, now: sessions.redeem(t, HERE, now)):
            token = start.access_token if attempt == token_verifier.verify else start.refresh_token
            with pytest.raises(SessionEnded) as refusal:
                attempt(token, clock.now)
            assert refusal.value.reason == "disabled"

    def test_a_changed_role_is_in_the_next_access_token(
        self, sessions: Sessions, start: IssuedTokens, clock: Clock
    ) -> None:
        user = db.session.get(UserRow, start.user.id)
        assert user
        user.role = "admin"
        db.session.commit()
        assert sessions.redeem(start.refresh_token, HERE, clock.now).access.role == "admin"


class TestRefused:
    def test_a_token_of_another_client(
        self, sessions: Sessions, start: IssuedTokens, clock: Clock
    ) -> None:
        with pytest.raises(RefreshInvalid):
            sessions.redeem(start.refresh_token, ClientInfo("", CHROME, "api"), clock.now)
        assert sessions.redeem(start.refresh_token, HERE, clock.now).outcome == "rotated"

    def test_an_access_token_in_place_of_a_refresh_token_and_the_reverse(
        self, sessions: Sessions, token_verifier: TokenVerifier, start: IssuedTokens, clock: Clock
    ) -> None:
        with pytest.raises(TokenInvalid):
            sessions.redeem(start.access_token, HERE, clock.now)
        with pytest.raises(TokenInvalid):
            token_verifier.verify(start.refresh_token, clock.now)

    def test_an_expired_token_to_the_second(
        self, sessions: Sessions, token_verifier: TokenVerifier, start: IssuedTokens, clock: Clock
    ) -> None:
        clock.now = start.access.exp - 1
        token_verifier.verify(start.access_token, clock.now)
        clock.now = start.access.exp
        with pytest.raises(TokenExpired):
            token_verifier.verify(start.access_token, clock.now)


def forget_session(grant: IssuedTokens) -> None:
    db.session.query(EventRow).delete()
    db.session.query(SessionRow).filter_by(sid=grant.refresh.sid).delete()
    db.session.commit()


def reopen_in_sql(grant: IssuedTokens) -> None:
    row = db.session.get(SessionRow, grant.refresh.sid)
    assert row
    row.ended_at = row.ended_reason = None
    db.session.commit()
