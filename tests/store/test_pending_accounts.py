"""Accounts whose address was never confirmed make room for its owner; no other account goes."""

from collections.abc import Callable

import pytest
from flask import Flask

from tests.conftest import services_of
from tests.support.browser import PASSWORD
from tests.support.clock import Clock
from tests.support.commands import read
from webapp import create_app
from webapp.core.email_tokens import Purpose
from webapp.core.models import User, UserChanges
from webapp.core.token_issuer import ClientInfo
from webapp.store.sql.models import EventRow, UserRow, UserWordRow, db
from webapp.web.services import Services

GRACE = "grace@example.com"
DAY = 86400


@pytest.fixture
def app(environment: dict[str, str], clock: Clock) -> Flask:
    """Where an address has to be confirmed before the first sign-in."""
    return create_app(environment | {"WEBAPP_EMAIL_CONFIRMATION": "true"}, clock)


def register(services: Services, clock: Clock) -> User:
    services.registration.register(GRACE, PASSWORD, "Grace", clock())
    user, _ = services.accounts.find(GRACE)
    assert user
    return user


def test_one_is_removed_after_seven_days_and_its_address_is_free(app: Flask, clock: Clock) -> None:
    services = services_of(app)
    with app.app_context():
        first = register(services, clock)
        clock.advance(7 * DAY)
        assert services.retention.purge_batch(clock()).accounts == 0
        clock.advance(1)
        assert services.retention.purge_batch(clock()).accounts == 1
        for table in (UserWordRow, EventRow):
            assert db.session.query(table).filter_by(user_id=first.id).count() == 0
        assert register(services, clock).id != first.id


def confirm(services: Services, user: User, clock: Clock) -> None:
    _, hashed = services.accounts.find(GRACE)
    token = services.email_tokens.make(Purpose.CONFIRM, user, hashed or "", clock())
    services.registration.confirm(token, PASSWORD, clock())


def reset(services: Services, user: User, clock: Clock) -> None:
    _, hashed = services.accounts.find(GRACE)
    token = services.email_tokens.make(Purpose.RESET, user, hashed or "", clock())
    services.registration.reset(token, PASSWORD + "!", clock())


def disable(services: Services, user: User, clock: Clock) -> None:
    services.user_admin.change(user.id, UserChanges(disabled=True), clock())


def give_role(services: Services, user: User, clock: Clock) -> None:
    services.user_admin.change(user.id, UserChanges(role="admin"), clock())


def open_session(services: Services, user: User, clock: Clock) -> None:
    services.sessions.start(user, ClientInfo("", ""), remember=True, now=clock())


def count_as_unasked(services: Services, user: User, clock: Clock) -> None:
    """Registered where no address had to be confirmed."""
    db.session.get_one(UserRow, user.id).awaiting_verification = False
    db.session.commit()


@pytest.mark.parametrize(
    "happens", [confirm, reset, disable, give_role, open_session, count_as_unasked]
)
def test_one_that_was_confirmed_used_or_changed_by_an_admin_stays(
    app: Flask, clock: Clock, happens: Callable[[Services, User, Clock], None]
) -> None:
    services = services_of(app)
    with app.app_context():
        happens(services, register(services, clock), clock)
        clock.advance(30 * DAY)
        assert services.retention.purge_batch(clock()).accounts == 0


def test_the_setting_says_when(environment: dict[str, str], clock: Clock) -> None:
    settings = {"WEBAPP_EMAIL_CONFIRMATION": "true", "WEBAPP_PENDING_KEPT": "2d"}
    app = create_app(environment | settings, clock)
    with app.app_context():
        register(services_of(app), clock)
    clock.advance(2 * DAY + 1)
    assert read(app, "purge")["accounts"] == 1
