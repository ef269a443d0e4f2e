"""One stored form of e-mails, and of the words for the user search.

If two accounts have the same e-mail in that form, the account that has it already, or else the
older one, gets it. The other one keeps its old form and its sessions, but its user can't sign in
until an admin changes the e-mail. Each such account is logged.
"""

import logging
import re
import unicodedata

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

WORD = re.compile(r"\w+")
users = sa.table("users", sa.column("id"), sa.column("email"), sa.column("name"))
user_words = sa.table("user_words", sa.column("word"), sa.column("user_id"))

log = logging.getLogger("alembic.runtime.migration")


def upgrade() -> None:
    connection = op.get_bind()
    found = connection.execute(
        sa.select(users.c.id, users.c.email, users.c.name).order_by(
            sa.text("created_at"), users.c.id
        )
    )
    # ASCII text has one form only, and nearly all text is ASCII.
    others = [row for row in found if not (row.email + row.name).isascii()]
    for user_id, email, name in others:
        index(connection, user_id, rewritten(connection, user_id, email), name)


def rewritten(connection: sa.Connection, user_id: str, email: str) -> str:
    """Store the e-mail in its new form; the e-mail that is stored now."""
    good = nfkc(nfkc(email).lower())
    if good == email:
        return email
    owner = connection.scalar(sa.select(users.c.id).where(users.c.email == good))
    if owner or len(good) > 254:
        log.warning(
            "user %s keeps an old form of the e-mail of user %s: no sign-in "
            "until an admin changes the e-mail",
            user_id,
            owner,
        )
        return email
    connection.execute(sa.update(users).where(users.c.id == user_id).values(email=good))
    return good


def index(connection: sa.Connection, user_id: str, email: str, name: str) -> None:
    words = {word[:40] for word in WORD.findall(nfkc(nfkc(f"{email} {name}").casefold()))}
    connection.execute(sa.delete(user_words).where(user_words.c.user_id == user_id))
    if words:
        rows = [{"word": word, "user_id": user_id} for word in words]
        connection.execute(sa.insert(user_words), rows)


def nfkc(text: str) -> str:
    return unicodedata.normalize("NFKC", text)


def downgrade() -> None:
    """Nothing to do: the version before reads both forms."""
