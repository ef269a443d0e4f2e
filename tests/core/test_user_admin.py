"""What an admin changes is done whole or not at all, and needs no Redis."""

import pytest
from flask import Flask

from tests.conftest import services_of
from tests.support.browser import EMAIL, Browser
from tests.support.clock import Clock
from tests.support.servers import RedisServer
from webapp.core.errors import Unavailable, ValidationFailed
from webapp.core.models import User, UserChanges
from webapp.core.user_admin import UserAdmin
from webapp.store.sql.users import SqlUsers

LONG = "wolfgang.amadeus.mozart@example.com"


@pytest.fixture
def directory(app: Flask) -> UserAdmin:
    return services_of(app).user_admin


@pytest.fixture
def ada(app: Flask, browser: Browser) -> User:
    """Signed in."""
    browser.sign_in()
    with app.app_context():
        return services_of(app).accounts.find(EMAIL)[0]


@pytest.mark.parametrize("changes", [UserChanges(disabled=True), UserChanges(password=LONG)])
def test_while_redis_is_down_a_user_can_be_signed_out(
    app: Flask,
    directory: UserAdmin,
    ada: User,
    browser: Browser,
    redis_server: RedisServer,
    clock: Clock,
    changes: UserChanges,
) -> None:
    redis_server.stop()
    try:
        with app.app_context():
            directory.change(ada.id, changes, clock.now)
    finally:
        redis_server.start()
    assert not browser.is_in()


def test_an_account_that_could_not_be_deleted_is_as_it_was(
    app: Flask,
    directory: UserAdmin,
    ada: User,
    browser: Browser,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: object) -> None:
        raise Unavailable

    monkeypatch.setattr(SqlUsers, "remove", fail)
    with app.app_context(), pytest.raises(Unavailable):
        directory.remove(ada.id, clock.now)
    assert browser.is_in()
    Browser(app).sign_in()


def test_a_password_that_an_admin_sets_is_not_made_of_the_address_either(
    app: Flask, directory: UserAdmin, ada: User, clock: Clock
) -> None:
    with app.app_context():
        directory.change(ada.id, UserChanges(email=LONG), clock.now)
        with pytest.raises(ValidationFailed):
            directory.change(ada.id, UserChanges(password=LONG), clock.now)


def test_a_user_may_be_created_disabled(app: Flask, directory: UserAdmin, clock: Clock) -> None:
    wanted = UserChanges(email="new@example.com", password="an engine of cogs", disabled=True)
    with app.app_context():
        user = directory.create(wanted, clock.now)
        assert user.disabled
        assert services_of(app).accounts.profile(user.id).disabled
