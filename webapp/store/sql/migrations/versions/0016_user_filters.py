"""Indexes of disabled and of unconfirmed accounts, for the filters of the list of users."""

from alembic import op
from sqlalchemy import text

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name, column, condition in (
        ("ix_users_disabled", "disabled_at", text("disabled_at IS NOT NULL")),
        ("ix_users_unconfirmed", "created_at", text("confirmed_at IS NULL")),
    ):
        op.create_index(name, "users", [column], sqlite_where=condition, postgresql_where=condition)


def downgrade() -> None:
    for name in ("ix_users_disabled", "ix_users_unconfirmed"):
        op.drop_index(name, "users")
