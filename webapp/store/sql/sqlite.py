"""The SQLite file: durable, and readable by its owner alone."""

import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event

# SQLite keeps these beside its file.
COMPANIONS = ("-wal", "-shm", "-journal")

_creating = threading.Lock()


def prepare(engine: Engine) -> None:
    """Readers don't wait for a writer, and what was committed survives a power cut."""
    keep_private(engine)
    event.listen(engine, "connect", _set_pragmas)


def keep_private(engine: Engine) -> None:
    """Mode 0600 under every umask: SQLite itself would let all users of the machine read it.

    Just before a connection is made, so that nothing is created by who connects to nothing.
    """
    event.listen(engine, "do_connect", _make_private)


def _make_private(_dialect: object, _record: object, arguments: Any, _options: object) -> None:
    path = Path(arguments[0])
    # One at a time: to close a file drops all locks that this process has on it, and another
    # thread may connect to it as soon as it is there.
    with _creating, suppress(OSError):  # it is there, or can't be, and SQLite says so
        path.touch(mode=0o600, exist_ok=False)
    for file in (path, *(Path(f"{path}{ending}") for ending in COMPANIONS)):
        with suppress(OSError):  # it is not there, or another user's
            if file.stat().st_mode & 0o077:
                file.chmod(0o600)


def _set_pragmas(connection: Any, _record: object) -> None:
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")
