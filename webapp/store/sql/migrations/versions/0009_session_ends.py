"""The end of all sessions of a user by one value; at most 100 open sessions a user.

Sessions, events and devices lose their foreign keys: a user with very many could not be deleted.
"""

import sqlalchemy as sa
from alembic import op
from alembic.operations import BatchOperations
from sqlalchemy import text

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

OPEN = text("ended_at IS NULL")
# Users with too many sessions. The retention job ends the oldest.
MARK_TOO_MANY = """
INSERT INTO session_ends (user_id, epoch, reason, at)
SELECT user_id, 0, 'too_many', max(created_at) FROM sessions WHERE ended_at IS NULL
GROUP BY user_id HAVING count(*) > 100
"""
# The version before reads only `ended_at`: ended sessions must not be open again.
WRITE_ALL_ENDS = """
UPDATE sessions SET
  ended_at = (SELECT sessions_ended_at FROM users WHERE users.id = sessions.user_id),
  ended_reason = (SELECT sessions_ended_reason FROM users WHERE users.id = sessions.user_id)
WHERE ended_at IS NULL
  AND epoch < (SELECT session_epoch FROM users WHERE users.id = sessions.user_id)
"""
REMOVE_ORPHANS = """
DELETE FROM {} WHERE user_id IS NOT NULL AND user_id NOT IN (SELECT id FROM users)
"""
TABLES = ("sessions", "events", "devices")


def upgrade() -> None:
    with op.batch_alter_table("users") as users:
        users.add_column(
            sa.Column("session_epoch", sa.Integer(), nullable=False, server_default="0")
        )
        users.add_column(sa.Column("sessions_ended_at", sa.BigInteger()))
        users.add_column(sa.Column("sessions_ended_reason", sa.String(30)))
        users.add_column(sa.Column("session_kept", sa.String(22)))
    with op.batch_alter_table("sessions") as sessions:
        sessions.add_column(sa.Column("epoch", sa.Integer(), server_default="0"))
    with op.batch_alter_table("sessions") as sessions:
        # No default for later rows: NULL marks rows that the version before writes meanwhile.
        sessions.alter_column("epoch", existing_type=sa.Integer(), server_default=None)
        sessions.drop_constraint("fk_sessions_user_id_users", type_="foreignkey")
    op.create_index(
        "ix_sessions_open_of_user",
        "sessions",
        ["user_id", "epoch", "created_at"],
        sqlite_where=OPEN,
        postgresql_where=OPEN,
    )
    for name in ("events", "devices"):
        with op.batch_alter_table(name) as table:
            table.drop_constraint(f"fk_{name}_user_id_users", type_="foreignkey")
    op.create_table(
        "session_ends",
        sa.Column("user_id", sa.String(36), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("reason", sa.String(30), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", "epoch", name="pk_session_ends"),
    )
    op.execute(MARK_TOO_MANY)


def downgrade() -> None:
    for change in (WRITE_ALL_ENDS, *(REMOVE_ORPHANS.format(table) for table in TABLES)):
        op.execute(change)
    op.drop_table("session_ends")
    for name in ("events", "devices"):
        with op.batch_alter_table(name) as table:
            add_user_key(table, name)
    op.drop_index("ix_sessions_open_of_user", "sessions")
    with op.batch_alter_table("sessions") as sessions:
        add_user_key(sessions, "sessions")
        sessions.drop_column("epoch")
    with op.batch_alter_table("users") as users:
        users.drop_column("session_kept")
        users.drop_column("sessions_ended_reason")
        users.drop_column("sessions_ended_at")
        users.drop_column("session_epoch")


def add_user_key(table: BatchOperations, name: str) -> None:
    table.create_foreign_key(
        f"fk_{name}_user_id_users", "users", ["user_id"], ["id"], ondelete="CASCADE"
    )
