"""Partial indexes, for migrations, which compare the tables with them.

The app does not import this module: for the options of PostgreSQL, SQLAlchemy would load its whole
dialect.
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
DISABLED, UNCONFIRMED = text("disabled_at IS NOT NULL"), text("confirmed_at IS NULL")
Index(
    "ix_users_disabled",
    UserRow.disabled_at,
    sqlite_where=DISABLED,
    postgresql_where=DISABLED,
)
Index(
    "ix_users_unconfirmed",
    UserRow.created_at,
    sqlite_where=UNCONFIRMED,
    postgresql_where=UNCONFIRMED,
)
Index(
    "ix_users_pending",
    UserRow.created_at,
    sqlite_where=text("pending = 1"),
    postgresql_where=text("pending"),
)
