"""User search by prefixes of the words in name and e-mail.

An indexed table of words is as fast for a million users as for ten, in every database and
alphabet. A `LIKE '%…%'` would read all users.
"""

import re
from typing import Any

from sqlalchemy import ColumnElement, Select, delete, exists, select, union_all

from webapp.core.policy import Role
from webapp.core.text import lower_form, search_form
from webapp.core.user_admin import UserFilter

from .models import UserRow, UserWordRow, db

WORD = re.compile(r"\w+")
MAX_WORD = 40
# Longer than every e-mail and every name.
MAX_QUERY = 400
# Sorts after every character that a word may continue with.
LAST = "\U0010ffff"
# A query finds at most that many users.
MAX_FOUND = 100
# At most that many matches of the first word are compared with the other words.
MAX_COMPARED = 1_000
# Upper limit of `total` in a list of all users.
MAX_COUNTED = 10_000
FILTERS: dict[UserFilter, ColumnElement[bool]] = {
    UserFilter.ADMINS: UserRow.role == Role.ADMIN,
    UserFilter.DISABLED: UserRow.disabled_at.is_not(None),
    UserFilter.UNCONFIRMED: UserRow.email_verified_at.is_(None),
}


def search_terms(*texts: str) -> list[str]:
    """The distinct words of the texts, in their order."""
    words = (word[:MAX_WORD] for text in texts for word in WORD.findall(search_form(text)))
    return list(dict.fromkeys(words))


def index(row: UserRow) -> None:
    """Store the words of a new or changed user, in the same transaction."""
    db.session.execute(delete(UserWordRow).where(UserWordRow.user_id == row.id))
    words = search_terms(row.email, row.name)
    db.session.add_all(UserWordRow(word=word, user_id=row.id) for word in words)


def matching_users(query: str) -> Select[Any]:
    """Users with a matching word for each word of the query; no users without a query.

    The first word selects candidates, the others filter them. A complete e-mail always finds its
    user, even above the limits.
    """
    query = query[:MAX_QUERY]
    first, *others = search_terms(query) or [""]
    if not first:
        return select(UserRow).where(UserRow.id.is_(None))
    limit = MAX_COMPARED if others else MAX_FOUND
    compared = select(UserWordRow.user_id).where(_begins(first)).limit(limit).subquery()
    found = select(compared.c.user_id)
    for word in others:
        found = found.where(
            exists().where(UserWordRow.user_id == compared.c.user_id, _begins(word))
        )
    found = select(found.limit(MAX_FOUND).subquery().c.user_id)
    email = lower_form(query).strip().replace("\0", "")  # PostgreSQL refuses a NUL
    exact = select(UserRow.id).where(UserRow.email == email)
    return select(UserRow).where(UserRow.id.in_(union_all(found, exact)))


def only(users: Select[Any], shown: UserFilter) -> Select[Any]:
    """Those of the users that the filter shows, of at most MAX_COUNTED candidates.

    Each filter has an index: few admins among a million users are found without reading them all.
    """
    if shown is UserFilter.ALL:
        return users
    candidates = select(UserRow.id).where(FILTERS[shown]).limit(MAX_COUNTED).subquery()
    return users.where(UserRow.id.in_(select(candidates.c.id)))


def _begins(word: str) -> ColumnElement[bool]:
    return (UserWordRow.word >= word) & (UserWordRow.word < word + LAST)
