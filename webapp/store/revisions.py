"""Which revisions the tables are at, and which ones this app's migrations lead to.

Alembic answers both. File names do not: revision ids may be random, and there may be several heads.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import current_app
from sqlalchemy import Connection

from .database import prepare_migrations

if TYPE_CHECKING:
    from alembic.script import ScriptDirectory


@dataclass(frozen=True)
class State:
    found: frozenset[str]
    """At which the tables are. Empty: there are no tables."""
    heads: frozenset[str]
    missing: frozenset[str]
    """The heads that the tables have not reached."""
    unknown: frozenset[str]
    """Found, and no migration of this app: of a newer one."""

    @property
    def is_current(self) -> bool:
        return not self.missing

    @property
    def is_newer(self) -> bool:
        """The tables have been migrated by a newer app, and nothing of this one is half done."""
        return bool(self.unknown) and self.found - self.unknown <= self.heads


def scripts() -> "ScriptDirectory":
    """The migrations, as `flask db` finds them. Needs an app context."""
    from alembic.script import ScriptDirectory  # it takes long to load

    if "migrate" not in current_app.extensions:
        prepare_migrations(current_app)
    return ScriptDirectory.from_config(current_app.extensions["migrate"].migrate.get_config())


def state_of(connection: Connection, scripts: "ScriptDirectory") -> State:
    from alembic.migration import MigrationContext

    found = frozenset(MigrationContext.configure(connection).get_current_heads())
    known = found & {script.revision for script in scripts.walk_revisions()}
    reached = {script.revision for script in scripts.get_all_current(tuple(known))}
    heads = frozenset(scripts.get_heads())
    return State(found, heads, missing=heads - reached, unknown=found - known)
