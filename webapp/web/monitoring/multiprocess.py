"""What the workers of one server have counted, so that any of them can tell it for all.

A small file each, written anew every second. prometheus-client would map files into memory
instead: on a full disk, the next write to such a file kills the worker (SIGBUS).
"""

import fcntl
import json
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from .counters import Numbers, total

# What workers that are gone have counted: a count never falls.
DEAD_WORKERS = "gone.json"


@dataclass(frozen=True)
class Snapshot:
    counts: Numbers
    """What only grows."""
    levels: dict[str, float]
    """What is so at the moment, and is nobody's once the worker is gone."""


class WorkerFiles:
    """In `<folder>/<pid of the server>`: workers of one server have the same parent."""

    def __init__(self, folder: Path) -> None:
        """In the worker, after any fork. Raises OSError."""
        self._folder = folder / str(os.getppid())
        self._own = self._folder / f"{os.getpid()}-{secrets.token_hex(4)}.json"
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for other in folder.iterdir():
            if not is_alive(other.name):
                shutil.rmtree(other, ignore_errors=True)

    def write(self, snapshot: Snapshot) -> None:
        """Raises OSError."""
        put(self._own, snapshot)

    def of_others(self) -> list[Snapshot]:
        """Raises OSError."""
        with locked(self._folder / "lock"):
            found = {path: read(path) for path in self._folder.glob("*-*.json")}
            found.pop(self._own, None)
            known = {path: each for path, each in found.items() if each}
            dead = [path for path in known if not is_alive(path.name.partition("-")[0])]
            return [self._gone([(path, known.pop(path)) for path in dead]), *known.values()]

    def _gone(self, dead: list[tuple[Path, Snapshot]]) -> Snapshot:
        """All that are gone; these, of which the files are still there, from now on as well."""
        before = read(self._folder / DEAD_WORKERS)
        counts = [snapshot.counts for _, snapshot in dead]
        gone = Snapshot(total([before.counts, *counts] if before else counts), {})
        with suppress(OSError):  # the disk is full: another time
            if dead:
                put(self._folder / DEAD_WORKERS, gone)
                for path, _ in dead:
                    path.unlink()
        return gone


def put(path: Path, snapshot: Snapshot) -> None:
    """Whoever reads meanwhile finds the old file, or the new one, and never half of it."""
    new = path.with_suffix(".new")
    counts = [[*name, number] for name, number in snapshot.counts.items()]
    new.write_text(json.dumps({"counts": counts, "levels": snapshot.levels}))
    new.replace(path)


def read(path: Path) -> Snapshot | None:
    """None if there is nothing to read: a power cut may leave an empty file."""
    with suppress(OSError, ValueError):
        kept = json.loads(path.read_text())
        return Snapshot({tuple(name): number for *name, number in kept["counts"]}, kept["levels"])
    return None


def is_alive(pid: str) -> bool:
    """Whether it is a process of ours; one of somebody else's has only inherited the number."""
    try:
        os.kill(int(pid), 0)
    except (ValueError, OSError):
        return False
    return True


@contextmanager
def locked(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
