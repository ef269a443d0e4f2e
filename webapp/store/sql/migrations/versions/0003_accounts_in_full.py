"""Verified e-mails, times of re-authentication, and details of security events."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("users") as users:
        users.add_column(sa.Column("confirmed_at", sa.BigInteger()))
        users.add_column(
            sa.Column("pending", sa.Boolean(), nullable=False, server_default=sa.false())
        )
    # Existing accounts count as verified.
    op.execute("UPDATE users SET confirmed_at = created_at")
    with op.batch_alter_table("sessions") as sessions:
        sessions.add_column(sa.Column("proved_at", sa.BigInteger()))
    with op.batch_alter_table("events") as events:
        events.alter_column("user_id", existing_type=sa.String(36), nullable=True)
        events.add_column(sa.Column("actor_id", sa.String(36)))
        for name, size in (("ip", 45), ("user_agent", 400), ("request_id", 64)):
            events.add_column(
                sa.Column(name, sa.String(size), nullable=False, server_default=sa.text("''"))
            )
        events.create_index("ix_events_at", ["at"])


def downgrade() -> None:
    op.execute("DELETE FROM events WHERE user_id IS NULL")
    with op.batch_alter_table("events") as events:
        events.drop_index("ix_events_at")
        for name in ("request_id", "user_agent", "ip", "actor_id"):
            events.drop_column(name)
        events.alter_column("user_id", existing_type=sa.String(36), nullable=False)
    with op.batch_alter_table("sessions") as sessions:
        sessions.drop_column("proved_at")
    with op.batch_alter_table("users") as users:
        users.drop_column("pending")
        users.drop_column("confirmed_at")
