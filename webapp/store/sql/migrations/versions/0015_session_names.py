"""A name for a session, chosen by its user."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    name = sa.Column("name", sa.String(60), nullable=False, server_default="")
    op.add_column("sessions", name)


def downgrade() -> None:
    op.drop_column("sessions", "name")
