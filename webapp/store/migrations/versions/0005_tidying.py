"""By what rows of sessions that are long over are found."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

FOUND_BY = ("ended_at", "expires_at")


def upgrade() -> None:
    for column in FOUND_BY:
        op.create_index(f"ix_sessions_{column}", "sessions", [column])


def downgrade() -> None:
    for column in FOUND_BY:
        op.drop_index(f"ix_sessions_{column}", "sessions")
