"""Finding users: by the beginnings of the words in their name and address.

A table of words with an index answers as fast for a million users as for ten, in
every database and every alphabet; a `LIKE '%…%'` reads all of them.
"""

import re
from typing import Any

from sqlalchemy import ColumnElement, Select, delete, exists, select, union_all

from webapp.core.text import lower_form, search_form

from .models import UserRow, UserWordRow, db

WORD = re.compile(r"\w+")
MAX_WORD = 40
# No address and no name is longer.
MAX_QUERY = 400
# Behind every letter that a word may go on with.
LAST = "\U0010ffff"
# A query that fits more users finds so many of them: whoever looks for one types on.
MAX_FOUND = 100
# Of those that the first word finds so many are held against the others.
MAX_COMPARED = 1_000
# A list of all counts no further.
MAX_COUNTED = 10_000


def search_terms(*texts: str) -> list[str]:
    """Each once, in their order."""
    words = (word[:MAX_WORD] for text in texts for word in WORD.findall(search_form(text)))
    return list(dict.fromkeys(words))


def index(row: UserRow) -> None:
    """Write the words of a new or changed user, in the same transaction."""
    db.session.execute(delete(UserWordRow).where(UserWordRow.user_id == row.id))
    words = search_terms(row.email, row.name)
    db.session.add_all(UserWordRow(word=word, user_id=row.id) for word in words)


def matching_users(query: str) -> Select[Any]:
    """Whoever has, for each word of the query, one that begins with it; nobody, if it has none.

    The first word finds, the others choose among what it has found. A whole address finds its
    user whatever else is like it.
    """
    query = query[:MAX_QUERY]
    first, *others = search_terms(query) or [""]
    if not first:
        return select(UserRow).where(UserRow.id.is_(None))
    most = MAX_COMPARED if others else MAX_FOUND
    compared = select(UserWordRow.user_id).where(_begins(first)).limit(most).subquery()
    found = select(compared.c.user_id)
    for word in others:
        found = found.where(
            exists().where(UserWordRow.user_id == compared.c.user_id, _begins(word))
        )
    found = select(found.limit(MAX_FOUND).subquery().c.user_id)
    address = lower_form(query).strip().replace("\0", "")  # which PostgreSQL can't even look for
    whole = select(UserRow.id).where(UserRow.email == address)
    return select(UserRow).where(UserRow.id.in_(union_all(found, whole)))


def _begins(word: str) -> ColumnElement[bool]:
    return (UserWordRow.word >= word) & (UserWordRow.word < word + LAST)
