"""Words for the user search, and indexes for the order of lists."""

import re

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

SORTED_BY = ("created_at", "name", "role")
BATCH = 1000


def upgrade() -> None:
    words = op.create_table(
        "user_words",
        sa.Column("word", sa.String(40, collation=collation()), nullable=False),
        sa.Column("user_id", sa.String(36), nullable=False),
        sa.PrimaryKeyConstraint("word", "user_id", name="pk_user_words"),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], ondelete="CASCADE", name="fk_user_words_user_id_users"
        ),
    )
    op.create_index("ix_user_words_user_id", "user_words", ["user_id"])
    for column in SORTED_BY:
        op.create_index(f"ix_users_{column}", "users", [column])
    connection = op.get_bind()
    users = connection.execute(sa.text("SELECT id, email, name FROM users")).fetchall()
    for first in range(0, len(users), BATCH):
        rows = [
            {"word": word[:40], "user_id": user_id}
            for user_id, email, name in users[first : first + BATCH]
            for word in set(re.findall(r"\w+", f"{email} {name}".casefold()))
        ]
        distinct = {(row["word"], row["user_id"]): row for row in rows}
        connection.execute(sa.insert(words), list(distinct.values()))


def downgrade() -> None:
    for column in SORTED_BY:
        op.drop_index(f"ix_users_{column}", "users")
    op.drop_table("user_words")


def collation() -> str | None:
    """Sorts by code points, as SQLite does by default: prefix ranges depend on it."""
    return "C" if op.get_bind().dialect.name == "postgresql" else None
