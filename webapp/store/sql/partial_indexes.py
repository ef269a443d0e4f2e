"""Indexes of a part of a table: for migrations, which compare the tables with them.

The app itself has no use for them, and should not wait: to be told what belongs to PostgreSQL
alone, SQLAlchemy loads all that it knows about it.
"""

from sqlalchemy import Index, text

from .models import SessionRow, UserRow

OPEN, ENDED = text("ended_at IS NULL"), text("ended_at IS NOT NULL")

Index("ix_sessions_open", SessionRow.created_at, sqlite_where=OPEN, postgresql_where=OPEN)
Index(
    "ix_sessions_open_of_user",
    SessionRow.user_id,
    SessionRow.epoch,
    SessionRow.created_at,
    sqlite_where=OPEN,
    postgresql_where=OPEN,
)
Index("ix_sessions_ended_at", SessionRow.ended_at, sqlite_where=ENDED, postgresql_where=ENDED)
Index(
    "ix_users_pending",
    UserRow.created_at,
    sqlite_where=text("pending = 1"),
    postgresql_where=text("pending"),
)
