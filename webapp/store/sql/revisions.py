"""The revisions of the tables, compared with the heads of this app's migrations.

Alembic knows both. File names do not: revision ids may be random, and there may be several heads.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import Connection

if TYPE_CHECKING:
    from alembic.script import ScriptDirectory


@dataclass(frozen=True)
class State:
    found: frozenset[str]
    """Revisions of the tables. Empty: there are no tables."""
    heads: frozenset[str]
    missing: frozenset[str]
    """The heads that the tables have not reached."""
    unknown: frozenset[str]
    """Found, but no migration of this app: a newer one made them."""

    @property
    def is_current(self) -> bool:
        return not self.missing

    @property
    def is_newer(self) -> bool:
        """A newer app has migrated the tables, and no migration of this one is half done."""
        return bool(self.unknown) and self.found - self.unknown <= self.heads


def state_of(connection: Connection, scripts: "ScriptDirectory") -> State:
    """Compare the tables with the migrations."""
    from alembic.migration import MigrationContext

    found = frozenset(MigrationContext.configure(connection).get_current_heads())
    known = found & {script.revision for script in scripts.walk_revisions()}
    reached = {script.revision for script in scripts.get_all_current(tuple(known))}
    heads = frozenset(scripts.get_heads())
    return State(found, heads, missing=heads - reached, unknown=found - known)
