"""Index of unverified accounts, for the retention job."""

from alembic import op
from sqlalchemy import text

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_users_pending",
        "users",
        ["created_at"],
        sqlite_where=text("pending = 1"),
        postgresql_where=text("pending"),
    )


def downgrade() -> None:
    op.drop_index("ix_users_pending", "users")
