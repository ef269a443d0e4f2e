"""The filters of the list of users: each has an index, so a million users cost no more than ten."""

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.dialects import postgresql, sqlite

from webapp.core.user_admin import UserFilter
from webapp.store.sql.models import EventRow, UserRow, db
from webapp.store.sql.statistics import SqlStatistics
from webapp.store.sql.user_search import FILTERS, MAX_COUNTED, only

INDEXES = {
    UserFilter.ADMINS: "ix_users_role",
    UserFilter.DISABLED: "ix_users_disabled",
    UserFilter.UNCONFIRMED: "ix_users_unconfirmed",
}


def plan_of(query: object) -> str:
    """How the database finds the rows.

    In a table of few rows PostgreSQL would read them all, or sort them: by its estimates, which
    earlier tests change.
    """
    is_sqlite = db.engine.dialect.name == "sqlite"
    dialect = sqlite.dialect() if is_sqlite else postgresql.dialect()  # type: ignore[no-untyped-call]
    compiled = query.compile(dialect=dialect, compile_kwargs={"literal_binds": True})  # type: ignore[attr-defined]
    if not is_sqlite:
        for other_way in ("enable_seqscan", "enable_sort"):
            db.session.execute(text(f"SET LOCAL {other_way} = off"))
    explain = "EXPLAIN QUERY PLAN" if is_sqlite else "EXPLAIN"
    rows = db.session.execute(text(f"{explain} {compiled}".replace(":", r"\:")))
    return "\n".join(" ".join(map(str, row)) for row in rows)


@pytest.mark.parametrize("shown", INDEXES)
def test_a_filter_has_an_index(app: Flask, shown: UserFilter) -> None:
    with app.app_context():
        plan = plan_of(select(UserRow.id).where(FILTERS[shown]).limit(MAX_COUNTED))
        assert INDEXES[shown] in plan
        assert f"LIMIT {MAX_COUNTED}" in str(
            only(select(UserRow), shown).compile(compile_kwargs={"literal_binds": True})
        )


def test_the_days_are_counted_by_an_index(app: Flask) -> None:
    with app.app_context():
        newest = select(EventRow.kind).where(EventRow.at >= 1).order_by(EventRow.at.desc())
        assert "ix_events_at" in plan_of(newest.limit(SqlStatistics.max_events))


def test_every_filter_but_all_is_known() -> None:
    assert FILTERS.keys() == INDEXES.keys() == set(UserFilter) - {UserFilter.ALL}
