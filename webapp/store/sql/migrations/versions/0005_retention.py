"""Indexes for lists of open sessions, and for the retention job."""

from alembic import op
from sqlalchemy import text

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

OPEN, ENDED = text("ended_at IS NULL"), text("ended_at IS NOT NULL")


def upgrade() -> None:
    op.create_index("ix_sessions_expires_at", "sessions", ["expires_at"])
    # Partial indexes: if nearly all sessions are open, or ended, a full index would not help.
    for name, column, where in (
        ("ix_sessions_open", "created_at", OPEN),
        ("ix_sessions_ended_at", "ended_at", ENDED),
    ):
        op.create_index(name, "sessions", [column], sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    for name in ("ix_sessions_ended_at", "ix_sessions_open", "ix_sessions_expires_at"):
        op.drop_index(name, "sessions")
