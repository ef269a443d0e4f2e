"""However many sessions a user has, all end at once; and few are open at a time."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from flask import Flask
from sqlalchemy import Connection, event, func, select, update

from tests.conftest import services_of
from tests.support.browser import CHROME, EMAIL, PASSWORD
from tests.support.clock import Clock
from tests.support.many_sessions import open_many
from tests.support.servers import RedisServer, wait_until
from webapp import create_app
from webapp.core.email_tokens import Purpose
from webapp.core.end_reasons import EndReason
from webapp.core.errors import SessionEnded
from webapp.core.models import UserChanges
from webapp.core.ports import MAX_OPEN_SESSIONS
from webapp.core.security_events import EventKind
from webapp.core.sessions import Sessions
from webapp.core.token_issuer import ClientInfo, IssuedTokens
from webapp.store.sql.models import EventRow, SessionEndRow, SessionRow, db
from webapp.web.services import Services

HERE = ClientInfo("192.0.2.1", CHROME)
MANY = 300
NEW = "a whole new wool jumper"
End = Callable[[Services, str, float], object]


@pytest.fixture
def services(app: Flask, sessions: Sessions) -> Services:
    return services_of(app)


@pytest.fixture
def idle(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    """The worker dies after its answer: the rest is not done."""
    monkeypatch.setattr(services.background, "run", lambda job, what: None)


def user_id(services: Services) -> str:
    user, _ = services.accounts.find(EMAIL)
    assert user
    return user.id


def change(**changes: object) -> End:
    return lambda services, user, now: services.user_admin.change(user, UserChanges(**changes), now)


def end_all(reason: EndReason) -> End:
    return lambda services, user, now: services.devices.end_all(user, reason, now)


def reset(services: Services, user: str, now: float) -> None:
    found, hashed = services.accounts.find(EMAIL)
    assert found
    assert hashed
    token = services.email_tokens.make(Purpose.RESET, found, hashed, now)
    services.registration.reset(token, NEW, now)


ENDS: dict[str, tuple[End, EndReason]] = {
    "disable": (change(disabled=True), EndReason.DISABLED),
    "enable": (change(disabled=False), EndReason.DISABLED),
    "another password": (change(password=NEW), EndReason.PASSWORD_CHANGED),
    "reset": (reset, EndReason.PASSWORD_CHANGED),
    "end others": (end_all(EndReason.ENDED_ELSEWHERE), EndReason.ENDED_ELSEWHERE),
    "end by an admin": (end_all(EndReason.ENDED_BY_ADMIN), EndReason.ENDED_BY_ADMIN),
    "delete": (lambda s, user, now: s.user_admin.remove(user, now), EndReason.DELETED),
}


def each(names: Iterable[str]) -> pytest.MarkDecorator:
    ends = {name: ENDS[name] for name in names}
    return pytest.mark.parametrize(("end", "reason"), ends.values(), ids=ends)


def why_refused(sessions: Sessions, grant: IssuedTokens, now: float) -> str:
    with pytest.raises(SessionEnded) as refusal:
        sessions.redeem(grant.refresh_token, HERE, now)
    return refusal.value.reason


def reasons_written() -> Counter[str | None]:
    return Counter(db.session.scalars(select(SessionRow.ended_reason)))


@each(ENDS)
def test_all_have_ended_before_all_is_written(
    app: Flask, services: Services, clock: Clock, idle: None, end: End, reason: EndReason
) -> None:
    grants = open_many(app, EMAIL, MANY, HERE)
    services.sessions.redeem(grants[0].refresh_token, HERE, clock())
    end(services, user_id(services), clock())
    assert {why_refused(services.sessions, grant, clock()) for grant in grants} == {reason}


@each(["another password", "delete"])
def test_the_clean_up_finishes_what_a_dead_worker_left(
    app: Flask,
    services: Services,
    clock: Clock,
    idle: None,
    redis_server: RedisServer,
    end: End,
    reason: EndReason,
) -> None:
    grants = open_many(app, EMAIL, MANY + 500, HERE)
    end(services, user_id(services), clock())
    assert db.session.query(SessionEndRow).count() == 1
    clock.advance(3600)
    while services.retention.purge_batch(clock()).more:
        pass
    assert db.session.query(SessionEndRow).count() == 0
    deleted = reason is EndReason.DELETED
    assert reasons_written() == ({} if deleted else {reason: len(grants)})
    events = select(func.count()).where(EventRow.kind == EventKind.SESSION_ENDED)
    assert db.session.scalar(events) == (0 if deleted else len(grants))
    tombstones = Counter(redis_server.client().mget([f"session:{g.session.sid}" for g in grants]))
    assert tombstones == {f"ended {reason}": len(grants)}


@each(["another password", "delete"])
def test_an_end_takes_few_statements(
    app: Flask, services: Services, clock: Clock, idle: None, end: End, reason: EndReason
) -> None:
    open_many(app, EMAIL, MANY, HERE)
    with counted() as statements:
        end(services, user_id(services), clock())
    assert len(statements) <= 14, statements


@contextmanager
def counted() -> Iterator[list[str]]:
    statements: list[str] = []

    def note(connection: Connection, cursor: object, statement: str, *rest: object) -> None:
        statements.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    yield statements
    event.remove(db.engine, "before_cursor_execute", note)


def test_the_worker_itself_writes_the_rest_after_its_answer(
    app: Flask, services: Services, clock: Clock
) -> None:
    open_many(app, EMAIL, MANY, HERE)
    end_all(EndReason.ENDED_BY_ADMIN)(services, user_id(services), clock())
    assert services.background.finish(10)
    assert reasons_written() == {EndReason.ENDED_BY_ADMIN: MANY}


def test_nothing_of_a_deleted_user_is_left(app: Flask, services: Services, clock: Clock) -> None:
    open_many(app, EMAIL, MANY * 3, HERE)
    user = user_id(services)
    for _ in range(3):
        services.events.record(EventKind.SIGN_IN_FAILED, user, clock())
    services.user_admin.remove(user, clock())
    assert services.background.finish(10)
    assert reasons_written() == {}
    assert list(db.session.scalars(select(EventRow.kind).where(EventRow.user_id == user))) == []


def test_a_sign_in_of_the_same_second_is_open(services: Services, clock: Clock) -> None:
    user = user_of_proof(services)
    old = services.sessions.start(user, HERE, remember=True, now=clock())
    end_all(EndReason.ENDED_BY_ADMIN)(services, user.id, clock())
    new = services.sessions.start(user, HERE, remember=True, now=clock())
    assert services.sessions.redeem(new.refresh_token, HERE, clock()).refresh.gen == 1
    assert why_refused(services.sessions, old, clock()) == EndReason.ENDED_BY_ADMIN


def user_of_proof(services: Services) -> "object":
    return services.accounts.authenticate(EMAIL, PASSWORD, services.now())


def test_the_kept_session_goes_on_and_ends_with_the_next_end(
    app: Flask, services: Services, clock: Clock, idle: None
) -> None:
    *_, mine = open_many(app, EMAIL, MANY, HERE)
    user = user_id(services)
    services.devices.end_all(user, EndReason.ENDED_ELSEWHERE, clock(), but=mine.session.sid)
    mine = services.sessions.redeem(mine.refresh_token, HERE, clock())
    assert [device.session.sid for device in services.devices.of(user, clock())] == [
        mine.session.sid
    ]
    services.devices.end_all(user, EndReason.ENDED_BY_ADMIN, clock())
    assert why_refused(services.sessions, mine, clock()) == EndReason.ENDED_BY_ADMIN


def test_one_that_the_version_before_opened_after_an_end_is_open_and_ends_with_the_next(
    services: Services, clock: Clock
) -> None:
    """It runs beside this one while an upgrade restarts the workers in turn."""
    end_all(EndReason.PASSWORD_CHANGED)(services, user_id(services), clock())
    grant = services.sessions.start(user_of_proof(services), HERE, remember=True, now=clock())
    db.session.execute(update(SessionRow).values(epoch=None))
    db.session.commit()
    grant = services.sessions.redeem(grant.refresh_token, HERE, clock())
    assert len(services.devices.of(user_id(services), clock())) == 1
    end_all(EndReason.ENDED_BY_ADMIN)(services, user_id(services), clock())
    assert why_refused(services.sessions, grant, clock()) == EndReason.ENDED_BY_ADMIN


class TestOfABackup:
    """SQL was restored from before the sign-in, and Redis still knows the session."""

    @pytest.fixture
    def grant(self, services: Services, clock: Clock) -> IssuedTokens:
        grant = services.sessions.start(user_of_proof(services), HERE, remember=True, now=clock())
        db.session.query(SessionRow).delete()
        db.session.commit()
        return grant

    @pytest.mark.parametrize("token", ["access", "refresh"])
    def test_one_that_began_before_the_end_is_not_restored(
        self, services: Services, clock: Clock, grant: IssuedTokens, token: str
    ) -> None:
        end_all(EndReason.ENDED_BY_ADMIN)(services, user_id(services), clock())
        clock.advance(60)
        if token == "access":
            with pytest.raises(SessionEnded):
                services.token_verifier.verify(grant.access_token, clock())
        else:
            reason = why_refused(services.sessions, grant, clock())
            assert reason == EndReason.ENDED_BY_ADMIN
        assert db.session.query(SessionRow).count() == 0

    def test_the_kept_one_is_restored(
        self, services: Services, clock: Clock, grant: IssuedTokens
    ) -> None:
        sid = grant.session.sid
        services.devices.end_all(user_id(services), EndReason.ENDED_ELSEWHERE, clock(), but=sid)
        assert services.sessions.redeem(grant.refresh_token, HERE, clock()).refresh.gen == 1
        services.token_verifier.verify(grant.access_token, clock())

    def test_an_end_between_look_up_and_restoring_wins(
        self,
        services: Services,
        clock: Clock,
        grant: IssuedTokens,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        records = services.devices.session_repository
        restore = records.restore

        def late(*args: object) -> object:
            end_all(EndReason.ENDED_BY_ADMIN)(services, user_id(services), clock())
            return restore(*args)

        monkeypatch.setattr(services.sessions, "_repository", ReplacedRestore(records, late))
        assert why_refused(services.sessions, grant, clock()) == EndReason.ENDED_BY_ADMIN


class ReplacedRestore:
    def __init__(self, records: object, restore: Callable[..., object]) -> None:
        self._records = records
        self.restore = restore

    def __getattr__(self, name: str) -> object:
        return getattr(self._records, name)


def test_a_redis_from_before_the_end_revives_none(
    app: Flask, services: Services, clock: Clock, idle: None, redis_server: RedisServer
) -> None:
    grants = open_many(app, EMAIL, MANY, HERE)
    grants = [services.sessions.redeem(each.refresh_token, HERE, clock()) for each in grants[:3]]
    backup = redis_server.snapshot()
    end_all(EndReason.ENDED_BY_ADMIN)(services, user_id(services), clock())
    redis_server.roll_back(backup)
    for grant in grants:
        assert why_refused(services.sessions, grant, clock()) == EndReason.ENDED_BY_ADMIN
        with pytest.raises(SessionEnded):
            services.token_verifier.verify(grant.access_token, clock())


def test_the_first_reason_stays_also_where_it_is_not_written_yet(
    app: Flask, services: Services, clock: Clock, idle: None
) -> None:
    grants = open_many(app, EMAIL, MANY, HERE)
    change(password=NEW)(services, user_id(services), clock())
    for grant in grants:
        services.sessions.end(grant.session.sid, EndReason.LOGOUT, clock())
    assert {why_refused(services.sessions, grant, clock()) for grant in grants} == {
        EndReason.PASSWORD_CHANGED
    }


class TestTooMany:
    def test_those_that_have_ended_with_the_others_take_no_place(
        self, app: Flask, services: Services, clock: Clock, idle: None
    ) -> None:
        """The kept one is the oldest of many that are not written down yet."""
        mine, *others = open_many(app, EMAIL, MANY, HERE)
        kept, user = mine.session.sid, user_of_proof(services)
        services.devices.end_all(user.id, EndReason.ENDED_ELSEWHERE, clock(), but=kept)
        services.sessions.start(user, HERE, remember=True, now=clock())
        assert services.sessions.redeem(mine.refresh_token, HERE, clock()).refresh.gen == 1
        assert reasons_written()[EndReason.TOO_MANY] == 0
        reasons = {why_refused(services.sessions, other, clock()) for other in others}
        assert reasons == {EndReason.ENDED_ELSEWHERE}

    def test_the_oldest_ends_when_one_more_is_opened(
        self, app: Flask, services: Services, clock: Clock
    ) -> None:
        oldest, second, *_ = open_many(app, EMAIL, MAX_OPEN_SESSIONS, HERE)
        user = user_of_proof(services)
        new = services.sessions.start(user, HERE, remember=True, now=clock())
        assert why_refused(services.sessions, oldest, clock()) == EndReason.TOO_MANY
        for grant in (second, new):
            services.sessions.redeem(grant.refresh_token, HERE, clock())
        assert reasons_written() == {None: MAX_OPEN_SESSIONS, EndReason.TOO_MANY: 1}

    def test_of_the_same_second_the_new_one_stays(
        self, app: Flask, services: Services, clock: Clock
    ) -> None:
        *_, newest = open_many(app, EMAIL, MAX_OPEN_SESSIONS, HERE)
        clock.now = newest.session.created_at
        user = user_of_proof(services)
        for _ in range(9):
            new = services.sessions.start(user, HERE, remember=True, now=clock())
            services.sessions.redeem(new.refresh_token, HERE, clock())
        assert reasons_written() == {None: MAX_OPEN_SESSIONS, EndReason.TOO_MANY: 9}

    def test_a_restored_one_counts_as_well(
        self, app: Flask, services: Services, clock: Clock
    ) -> None:
        user = user_of_proof(services)
        lost = services.sessions.start(user, HERE, remember=True, now=clock())
        db.session.query(SessionRow).delete()
        db.session.commit()
        open_many(app, EMAIL, MAX_OPEN_SESSIONS, HERE)
        services.sessions.redeem(lost.refresh_token, HERE, clock())
        assert reasons_written() == {None: MAX_OPEN_SESSIONS, EndReason.TOO_MANY: 1}

    def test_those_that_were_too_many_before_end_with_the_next_sign_in(
        self, app: Flask, services: Services, clock: Clock
    ) -> None:
        open_many(app, EMAIL, MANY, HERE)
        services.sessions.start(user_of_proof(services), HERE, remember=True, now=clock())
        assert services.background.finish(10)
        assert reasons_written() == {
            None: MAX_OPEN_SESSIONS,
            EndReason.TOO_MANY: MANY + 1 - MAX_OPEN_SESSIONS,
        }

    def test_two_sign_ins_at_once_leave_no_more(
        self, app: Flask, services: Services, clock: Clock
    ) -> None:
        open_many(app, EMAIL, MAX_OPEN_SESSIONS, HERE)
        user = user_of_proof(services)

        def sign_in(_: int) -> None:
            with app.app_context():
                services.sessions.start(user, HERE, remember=True, now=clock())

        with ThreadPoolExecutor(2) as pool:
            list(pool.map(sign_in, range(6)))
        assert reasons_written() == {None: MAX_OPEN_SESSIONS, EndReason.TOO_MANY: 6}

    def test_a_sign_in_takes_few_statements(
        self, app: Flask, services: Services, clock: Clock, idle: None
    ) -> None:
        user = user_of_proof(services)
        open_many(app, EMAIL, MANY, HERE)
        with counted() as statements:
            services.sessions.start(user, HERE, remember=True, now=clock())
        assert len(statements) <= 8, statements

    def test_another_worker_that_cached_its_token_refuses_it_within_a_second(
        self, app: Flask, services: Services, clock: Clock, environment: dict[str, str]
    ) -> None:
        user = user_of_proof(services)
        oldest = services.sessions.start(user, HERE, remember=True, now=clock() - 1000)
        token = services.sessions.redeem(oldest.refresh_token, HERE, clock()).access_token
        open_many(app, EMAIL, MAX_OPEN_SESSIONS - 1, HERE)
        other = services_of(create_app(environment, clock))
        wait_until(lambda: remembered(other, token, clock()))
        services.sessions.start(user, HERE, remember=True, now=clock())
        wait_until(lambda: other.feed.is_invalidated(oldest.session.sid, ""), timeout=2)


def remembered(worker: Services, token: str, now: float) -> bool:
    worker.token_verifier.verify(token, now)
    return len(worker.token_verifier._token_cache) == 1
