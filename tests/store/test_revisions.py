"""Whether the tables are up to date: Alembic says it, not the names of files."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask_migrate import Migrate, upgrade
from sqlalchemy import text

from tests.support.sql import connected
from tests.test_doctor import examined
from webapp.store.health import OK, Migrations
from webapp.store.sql.migrate import MIGRATIONS, scripts
from webapp.store.sql.models import db

OWN = """\
from alembic import op

revision = "{revision}"
down_revision = {down!r}
branch_labels = None
depends_on = {depends_on!r}


def upgrade():
    op.execute("CREATE TABLE own_{revision} (id INTEGER)")


def downgrade():
    op.execute("DROP TABLE own_{revision}")
"""

Add = Callable[..., None]


@pytest.fixture
def add(app: Flask, tmp_path: Path) -> Add:
    """A migration of a developer's own, in a copy of the folder or in another one beside it."""
    folder = tmp_path / "migrations"
    shutil.copytree(MIGRATIONS, folder)
    Migrate(app, db, directory=str(folder))

    def add(
        revision: str, down: str | None, depends_on: str | None = None, place: str = "versions"
    ) -> None:
        (folder / place).mkdir(exist_ok=True)
        script = OWN.format(revision=revision, down=down, depends_on=depends_on)
        (folder / place / f"{revision}_own.py").write_text(script)

    return add


@pytest.fixture
def newest(app: Flask) -> str:
    with app.app_context():
        (head,) = scripts().get_heads()
    return head


def ready(app: Flask) -> str:
    """What a worker that starts now says at /readyz."""
    return Migrations(app).ask()


BEHIND = "not current: run `flask db upgrade`"


@pytest.mark.parametrize("revision", ["00abc1234def", "ffabc1234def", "zz", "0"])
def test_ones_own_migration_counts_whatever_its_id(
    app: Flask, add: Add, newest: str, revision: str
) -> None:
    add(revision, newest)
    assert ready(app) == BEHIND
    with app.app_context():
        assert examined(app)[1]["sql.migrations"]["level"] == "problem"
        upgrade()
        assert examined(app)[1]["sql.migrations"]["level"] == "ok"
    assert ready(app) == OK


def test_of_two_heads_both_count(app: Flask, add: Add, newest: str) -> None:
    add("00feed", newest)
    add("ffface", newest)
    with app.app_context():
        upgrade(revision="00feed")
        assert ready(app) == BEHIND
        advice = examined(app)[1]["sql.migrations"]["advice"]
        assert advice == "flask --app app db upgrade heads"
        upgrade(revision="heads")
    assert ready(app) == OK


def test_a_branch_of_its_own_in_another_folder(
    app: Flask, add: Add, newest: str, tmp_path: Path
) -> None:
    ini = tmp_path / "migrations" / "alembic.ini"
    here = "%(here)s/versions\n  %(here)s/mine"
    ini.write_text(f"{ini.read_text()}path_separator = newline\nversion_locations =\n  {here}\n")
    add("00feed", None, depends_on=newest, place="mine")
    assert ready(app) == BEHIND
    with app.app_context():
        upgrade(revision="heads")
    assert ready(app) == OK


def test_tables_that_a_newer_app_has_migrated_are_ready(
    app: Flask, add: Add, newest: str, tmp_path: Path
) -> None:
    add("00feed", newest)
    with app.app_context():
        upgrade()
        (tmp_path / "migrations" / "versions" / "00feed_own.py").unlink()
        finding = examined(app)[1]["sql.migrations"]
    assert ready(app) == OK
    assert (finding["level"], finding["advice"][:11]) == ("problem", "update this")


def test_a_branch_of_a_newer_app_does_not_hide_ours_that_is_behind(
    app: Flask, environment: dict[str, str]
) -> None:
    with connected(environment) as sql:
        sql.execute(text("UPDATE alembic_version SET version_num = '0004'"))
        sql.execute(text("INSERT INTO alembic_version VALUES ('00feed')"))
    assert ready(app) == BEHIND


def test_no_tables_are_not_ready(app: Flask, environment: dict[str, str]) -> None:
    with connected(environment) as sql:
        sql.execute(text("DELETE FROM alembic_version"))
    assert ready(app) == "not known: there are no tables"
