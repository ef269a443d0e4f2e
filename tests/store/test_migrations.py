"""The migrations make what the models say, and go up and down with data in place."""

import threading
import time

import bcrypt
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import func, inspect, select, table, text

from tests.conftest import services_of
from tests.support.browser import CHROME, EMAIL, Browser
from tests.support.factors import switch_on_second_step
from tests.support.many_sessions import open_many, user_of
from tests.support.soft_passkey import SoftPasskey, add_passkey
from tests.support.sql import connected
from webapp.core.end_reasons import EndReason
from webapp.core.passwords import no_password
from webapp.core.security_events import EventKind
from webapp.core.token_issuer import ClientInfo
from webapp.store.sql.migrate import MIGRATIONS, migrating, prepare_migrations
from webapp.store.sql.models import Base, SessionRow, db

# From the first to the newest; not by their names.
REVISIONS = [script.revision for script in ScriptDirectory(MIGRATIONS).walk_revisions()][::-1]
COUNTED = ("users", "sessions", "events")
HERE = ClientInfo("192.0.2.1", CHROME)
Rows = dict[str, int]


def test_they_make_what_the_models_say(app: Flask) -> None:
    with app.app_context(), db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


@pytest.fixture
def lived_in(app: Flask, browser: Browser) -> Flask:
    """Two users, a session and their events; one event has no user."""
    browser.sign_in()
    with app.app_context():
        services_of(app).events.record(EventKind.SIGN_IN_FAILED, None, time.time())
    prepare_migrations(app)
    return app


def rows(environment: dict[str, str]) -> Rows:
    with connected(environment) as sql:
        return {name: sql.scalar(select(func.count()).select_from(table(name))) for name in COUNTED}


def test_down_and_up_step_by_step_no_row_is_lost_but_events_without_a_user(
    lived_in: Flask, browser: Browser, environment: dict[str, str]
) -> None:
    """Before 0003 each event had to have its user."""
    before = rows(environment)
    assert before == {"users": 2, "sessions": 1, "events": 4}
    kept = before | {"events": 3}
    with lived_in.app_context():
        for revision in reversed(REVISIONS[:-1]):
            downgrade(revision=revision)
            assert rows(environment) == (before if revision >= "0003" else kept), revision
        for revision in REVISIONS[1:]:
            upgrade(revision=revision)
            assert rows(environment) == kept, revision
        db.engine.dispose()
    assert browser.is_in()
    with lived_in.app_context():
        users = services_of(lived_in).user_admin
        assert users.page(query="ada", page=1, per_page=5, sort="email").total == 1


def test_below_0012_an_account_has_its_password_alone(
    lived_in: Flask, browser: Browser, environment: dict[str, str]
) -> None:
    """Passkeys, app and codes are lost on the way down, and nothing else; new ones can be added."""
    add_passkey(browser, SoftPasskey(services_of(lived_in).settings.public_url))
    switch_on_second_step(lived_in)
    before = rows(environment)
    with lived_in.app_context():
        downgrade(revision="0011")
        assert rows(environment) == before
        upgrade()
    assert rows(environment) == before
    assert browser.is_in()
    assert Browser(lived_in).sign_in().location == "/dashboard"
    switch_on_second_step(lived_in)


def test_a_removed_password_is_none_in_the_version_before_either() -> None:
    """It compares any stored value by bcrypt."""
    assert not bcrypt.checkpw(b"", no_password().encode())


def test_what_a_value_has_ended_is_not_open_again_in_the_version_before(
    lived_in: Flask, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    services = services_of(lived_in)
    monkeypatch.setattr(services.background, "run", lambda job, what: None)
    with lived_in.app_context():
        open_many(lived_in, EMAIL, 200, HERE)
        user = user_of(lived_in, EMAIL)
        services.devices.end_all(user.id, EndReason.PASSWORD_CHANGED, time.time())
        db.session.remove()
        downgrade(revision="0008")
        db.engine.dispose()
    with connected(environment) as sql:
        found = sql.execute(text("SELECT ended_reason, count(*) FROM sessions GROUP BY 1")).all()
    assert found == [(EndReason.PASSWORD_CHANGED, 201)]


def test_sessions_that_are_too_many_already_end_with_the_next_clean_up(lived_in: Flask) -> None:
    services = services_of(lived_in)
    with lived_in.app_context():
        open_many(lived_in, EMAIL, 200, HERE)
        db.session.remove()
        downgrade(revision="0008")
        upgrade()
        assert services.retention.finish_ends(time.time())
        assert len(services.devices.of(user_of(lived_in, EMAIL).id, time.time())) == 100
        assert db.session.query(SessionRow).filter_by(ended_reason="too_many").count() == 101


def test_all_the_way_down_nothing_is_left(lived_in: Flask, environment: dict[str, str]) -> None:
    with lived_in.app_context():
        downgrade(revision="base")
        db.engine.dispose()
    with connected(environment) as sql:
        assert inspect(sql).get_table_names() == ["alembic_version"]


def test_a_migration_that_fails_halfway_has_changed_nothing(
    lived_in: Flask, environment: dict[str, str]
) -> None:
    with connected(environment) as sql:
        sql.execute(text("DROP INDEX ix_users_role"))  # which the last step of 0004 drops as well
        before = inspect(sql).get_table_names()
    with lived_in.app_context(), pytest.raises(Exception, match="ix_users_role"):
        downgrade(revision="0003")
    with connected(environment) as sql:
        assert inspect(sql).get_table_names() == before
        indexes = {index["name"] for index in inspect(sql).get_indexes("users")}
        assert "ix_users_created_at" in indexes


@pytest.mark.thorough("processes")
def test_hosts_that_migrate_at_once_take_turns(
    lived_in: Flask, environment: dict[str, str]
) -> None:
    def migrate_too() -> None:
        with lived_in.app_context():
            upgrade()

    another = threading.Thread(target=migrate_too)
    with lived_in.app_context():
        downgrade(revision="0003")
        with migrating():
            another.start()
            another.join(1.5)
            assert another.is_alive()
    another.join(20)
    with connected(environment) as sql:
        assert sql.scalar(text("SELECT version_num FROM alembic_version")) == REVISIONS[-1]
