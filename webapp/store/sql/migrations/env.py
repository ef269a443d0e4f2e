"""Alembic's entry: run the migrations on the app's own database."""

from alembic import context

from webapp.store.sql import partial_indexes  # noqa: F401 - they are part of the tables
from webapp.store.sql.migrate import migrating
from webapp.store.sql.models import Base


def run() -> None:
    with migrating() as connection:
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            compare_type=True,
            # SQLite changes a table by rewriting it.
            render_as_batch=connection.dialect.name == "sqlite",
        )
        context.run_migrations()


run()
