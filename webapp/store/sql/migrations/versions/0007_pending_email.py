"""Pending e-mails, and changes of e-mails that can be undone."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("users") as users:
        users.add_column(sa.Column("pending_email", sa.String(254)))
    op.create_table(
        "email_changes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.String(36), nullable=False),
        sa.Column("old_email", sa.String(254), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("undone_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id", name="pk_email_changes"),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], ondelete="CASCADE", name="fk_email_changes_user_id_users"
        ),
    )
    for column in ("user_id", "old_email", "changed_at"):
        op.create_index(f"ix_email_changes_{column}", "email_changes", [column])


def downgrade() -> None:
    op.drop_table("email_changes")
    with op.batch_alter_table("users") as users:
        users.drop_column("pending_email")
