"""Passwords that must not come back after a theft, and sessions that may be a stranger's."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("users", sa.Column("former_hash", sa.String(100)))
    op.add_column("users", sa.Column("hash_before_week", sa.String(100)))
    op.add_column("users", sa.Column("week_began_at", sa.BigInteger))
    new_browser = sa.Column("new_browser", sa.Boolean, nullable=False, server_default=sa.false())
    op.add_column("sessions", new_browser)


def downgrade() -> None:
    op.drop_column("sessions", "new_browser")
    for name in ("week_began_at", "hash_before_week", "former_hash"):
        op.drop_column("users", name)
