"""Passwords that must not come back after a theft."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    former = sa.Column("former_hashes", sa.String(130), nullable=False, server_default="")
    op.add_column("users", former)


def downgrade() -> None:
    op.drop_column("users", "former_hashes")
