"""The instance folder: only the app's user may read it."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryFile

from webapp.config import Settings

from .finding import Finding, ok, problem, warning
from .settings import is_production

# Bytes. Neither SQLite nor the embedded server writes anything once the disk is full.
LITTLE_ROOM = 500 * 1024**2
# What is personal, or a secret.
PRIVATE = ("secrets.json", "*.pem", "evergreen.db*", "outbox", "redis")


def check_files(settings: Settings) -> Iterator[Finding]:
    folder = settings.instance_path
    check = "files.instance"
    try:
        with TemporaryFile(dir=folder):
            yield ok(check, f"{folder} can be written")
    except OSError as error:
        found = f"{folder} can't be written: {error.strerror}"
        yield problem(check, found, "give it to the user that the app runs as")
        return
    yield privacy(settings, folder)
    free = shutil.disk_usage(folder).free
    room = f"{free // 1024**2} MB are free"
    if free < LITTLE_ROOM:
        yield warning("files.room", room, "make room: a full disk is an outage")
    else:
        yield ok("files.room", room)


def privacy(settings: Settings, folder: Path) -> Finding:
    check = "files.private"
    if not open_to_all(folder):
        return ok(check, "only its owner can read it")
    found = [path.name for pattern in PRIVATE for path in folder.glob(pattern)]
    exposed = sorted(name for name in found if open_to_all(folder / name))
    advice = f"chmod 700 {folder}"
    if not exposed:
        return warning(check, "every user of this machine can list the folder", advice)
    level = problem if is_production(settings) else warning
    return level(check, f"every user of this machine can read {', '.join(exposed)}", advice)


def open_to_all(path: Path) -> bool:
    return bool(path.stat().st_mode & 0o007)
