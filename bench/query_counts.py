"""Count the Redis and SQL queries of a request."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from redis.connection import AbstractConnection
from sqlalchemy import event
from sqlalchemy.engine import Engine

from webapp.store.sql import raw_query


@dataclass
class Counts:
    """Of this thread alone: background threads work for no request."""

    redis: int = 0
    """Round trips; a pipeline is one."""
    statements: list[tuple[str, Any]] = field(default_factory=list)
    """SQL statements with their parameters."""

    @property
    def writes(self) -> int:
        return sum(not text.lstrip().upper().startswith("SELECT") for text, _ in self.statements)

    def __str__(self) -> str:
        redis = [f"{self.redis} Redis"] if self.redis else []
        sql = [f"{len(self.statements)} SQL ({self.writes} writes)"] if self.statements else []
        return ", ".join(redis + sql) or "none"


@contextmanager
def counted() -> Iterator[Counts]:
    counts, thread = Counts(), threading.get_ident()
    send, spell = AbstractConnection.send_packed_command, raw_query._in_driver_style

    def sent(self: AbstractConnection, *args: Any, **options: Any) -> None:
        counts.redis += threading.get_ident() == thread
        send(self, *args, **options)

    def executed(_connection: object, _cursor: object, text: str, values: Any, *_: object) -> None:
        if threading.get_ident() == thread:
            counts.statements.append((text, values))

    def spelled(*args: Any) -> tuple[str, Any]:
        """Evergreen's queries that bypass SQLAlchemy's events."""
        statement = spell(*args)
        if threading.get_ident() == thread:
            counts.statements.append(statement)
        return statement

    AbstractConnection.send_packed_command = sent  # type: ignore[method-assign]
    raw_query._in_driver_style = spelled
    event.listen(Engine, "before_cursor_execute", executed)
    try:
        yield counts
    finally:
        event.remove(Engine, "before_cursor_execute", executed)
        AbstractConnection.send_packed_command = send  # type: ignore[method-assign]
        raw_query._in_driver_style = spell


def count(job: Callable[[], object]) -> Counts:
    with counted() as counts:
        job()
    return counts
