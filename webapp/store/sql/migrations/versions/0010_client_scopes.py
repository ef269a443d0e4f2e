"""Scopes of registered clients; `profile` by default."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("clients") as clients:
        clients.add_column(
            sa.Column("scope", sa.String(40), nullable=False, server_default="profile")
        )


def downgrade() -> None:
    with op.batch_alter_table("clients") as clients:
        clients.drop_column("scope")
