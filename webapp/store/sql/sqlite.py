"""The SQLite file: durable, and readable only by its owner."""

import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event

# Suffixes of the files that SQLite creates beside the database.
COMPANIONS = ("-wal", "-shm", "-journal")

_creating = threading.Lock()


def prepare(engine: Engine) -> None:
    """Set WAL mode (readers do not wait for a writer) and full sync (commits survive a crash)."""
    keep_private(engine)
    event.listen(engine, "connect", _set_pragmas)


def keep_private(engine: Engine) -> None:
    """Set mode 0600 with any umask: with SQLite's default, other users could read the file.

    Done just before a connection is made, so that the file is not created earlier.
    """
    event.listen(engine, "do_connect", _make_private)


def _make_private(_dialect: object, _record: object, arguments: Any, _options: object) -> None:
    path = Path(arguments[0])
    # One at a time: closing a file drops all locks of this process on it, and another thread may
    # connect to the file as soon as it exists.
    with _creating, suppress(OSError):  # it exists, or SQLite will report the error
        path.touch(mode=0o600, exist_ok=False)
    for file in (path, *(Path(f"{path}{ending}") for ending in COMPANIONS)):
        with suppress(OSError):  # it does not exist, or belongs to another user
            if file.stat().st_mode & 0o077:
                file.chmod(0o600)


def _set_pragmas(connection: Any, _record: object) -> None:
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")
