"""An address, or a name, that can be written in several ways is one: stored, migrated, found."""

import logging
import time
from dataclasses import replace

import pytest
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import text

from tests.conftest import services_of
from tests.support.browser import PASSWORD, Browser
from tests.support.sql import connected
from webapp.core.errors import Conflict
from webapp.core.models import User, UserChanges
from webapp.store.sql.migrate import prepare_migrations
from webapp.store.sql.models import UserRow, db
from webapp.store.sql.users import SqlUsers

OLD, NEW = "j\u030cana@example.com", "ǰana@example.com"
BEFORE = "0008-1"


def add(app: Flask, email: str, created_at: int, name: str = "") -> User:
    """As an earlier version stored it."""
    with app.app_context():
        accounts = services_of(app).accounts
        user = accounts.register(f"{created_at}@example.com", PASSWORD, now=created_at)
        db.session.get_one(UserRow, user.id).email = email
        db.session.get_one(UserRow, user.id).name = name
        db.session.commit()
    return replace(user, email=email)


def migrated(app: Flask) -> None:
    """From the version before to this one."""
    prepare_migrations(app)
    with app.app_context():
        downgrade(revision=BEFORE)
        upgrade()
        db.engine.dispose()


def emails(environment: dict[str, str]) -> dict[str, str]:
    with connected(environment) as sql:
        return {row.id: row.email for row in sql.execute(text("SELECT id, email FROM users"))}


def found(app: Flask, query: str) -> list[str]:
    with app.app_context():
        page = services_of(app).user_admin.page(query=query, sort="email", page=1, per_page=9)
    return [user.email for user in page.users]


@pytest.mark.parametrize("typed", [OLD, NEW, "J\u030cANA@EXAMPLE.COM"])
def test_an_old_form_is_signed_in_to_after_the_migration(
    app: Flask, environment: dict[str, str], typed: str
) -> None:
    user = add(app, OLD, 1000)
    migrated(app)
    assert emails(environment)[user.id] == NEW
    Browser(app).sign_in(typed)


def test_of_two_old_forms_the_older_account_gets_the_new_one(
    app: Flask, environment: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    other = "J\u030cana@example.com"
    older, newer = add(app, OLD, 1000), add(app, other, 2000)
    with caplog.at_level(logging.WARNING):
        migrated(app)
    after = emails(environment)
    assert (after[older.id], after[newer.id]) == (NEW, other)
    assert f"user {newer.id} keeps an old form" in caplog.text
    assert "example.com" not in caplog.text.partition("keeps an old form")[2].splitlines()[0]


def test_an_account_that_has_the_new_form_keeps_it(app: Flask, environment: dict[str, str]) -> None:
    older, newer = add(app, OLD, 1000), add(app, NEW, 2000)
    before = emails(environment)
    migrated(app)
    assert emails(environment) == before
    with app.app_context():  # and an admin helps the other one
        users = services_of(app).user_admin
        users.change(older.id, UserChanges(email="jana@example.com"), time.time())
        with pytest.raises(Conflict):
            users.change(older.id, UserChanges(email=OLD), time.time())
    assert emails(environment)[newer.id] == NEW
    Browser(app).sign_in("jana@example.com")


def test_ascii_is_left_alone(app: Flask, environment: dict[str, str]) -> None:
    before = emails(environment)
    migrated(app)
    assert emails(environment) == before


@pytest.mark.parametrize(
    "query",
    [
        "Zoë",
        "zoe\u0308",
        "ZOE\u0308 N",
        "Noël",
        "noe\u0308l",
        "\uff3a\uff4fë",
        "ǰana",
        "J\u030can",
        OLD,
        NEW,
    ],
)
def test_both_spellings_find_a_user_however_they_were_stored(app: Flask, query: str) -> None:
    add(app, NEW, 1000, "Zoe\u0308 Noe\u0308l")
    migrated(app)
    assert found(app, query) == [NEW]


def test_a_name_with_marks_of_its_own_is_found_when_it_is_new(app: Flask) -> None:
    with app.app_context():
        services_of(app).accounts.register(
            "zoe@example.com", PASSWORD, name="Zoe\u0308 Noe\u0308l", now=time.time()
        )
    assert found(app, "zoë no") == found(app, "noël") == ["zoe@example.com"]
    assert found(app, "noel") == []  # an accent counts


def test_a_whole_address_is_found_as_it_is_signed_in_with(app: Flask) -> None:
    with app.app_context():
        services_of(app).accounts.register("straße@example.com", PASSWORD, now=time.time())
        assert SqlUsers().page(" STRAßE@example.com ", "email", 0, 9).total == 1
