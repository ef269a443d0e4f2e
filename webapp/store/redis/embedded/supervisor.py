"""The supervisor of the embedded server: starts it, waits for its last user, stops it.

It is a process of its own, because a worker that is killed, or gets SIGTERM, runs no exit handler.
But the kernel releases the locks of a dead process. So every user holds a shared lock on
`users.lock`; the supervisor waits for the exclusive lock, and gets it when the last user is gone.

It closes its output once the server answers, or prints one line with the error. Standard library
only: it starts in a few hundredths of a second.
"""

import contextlib
import fcntl
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from enum import Enum, auto
from pathlib import Path
from typing import NoReturn

# Seconds to wait for a server that still loads its data. Afterwards it counts as busy.
START_TIMEOUT = 5.0
# Seconds until a server that hangs is killed. Its writes have reached the system.
STOP_TIMEOUT = 2.0
# Seconds for the reply to PING. Every new connection waits for it.
PING_TIMEOUT = 0.3


class Health(Enum):
    """The state of the server at the socket."""

    UP = auto()
    BUSY = auto()  # it runs, but loads its data or hangs: never start a second one on its files
    DOWN = auto()


def main(folder: Path, socket_path: str, binary: str) -> None:
    """Become a daemon, and run the server until its last user is gone."""
    if os.fork():
        return
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    with (
        (folder / "users.lock").open("a") as users,
        single_instance(folder),
        running_server(folder, socket_path, binary),
    ):
        close_output()
        # Granted when the last user is gone, and held until the server is: new users wait.
        fcntl.flock(users, fcntl.LOCK_EX)


@contextlib.contextmanager
def single_instance(folder: Path) -> Iterator[None]:
    """Replace a supervisor that still runs although its server can't be reached.

    This happens when the socket was deleted. Two servers must never write to one folder.
    """
    path = folder / "keeper.lock"
    with path.open("a+") as file:
        if not acquired_within(1, file.fileno()):
            file.seek(0)
            os.kill(int(file.read()), signal.SIGTERM)
            if not acquired_within(2 * STOP_TIMEOUT, file.fileno()):
                fail("an older server is in the way and does not stop")
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def acquired_within(seconds: float, lock: int) -> bool:
    """Try to get an exclusive lock for `seconds`; whether it was granted."""
    deadline = time.monotonic() + seconds
    while not acquired(lock, fcntl.LOCK_EX):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def acquired(lock: int, kind: int) -> bool:
    """Try to get a lock without waiting; whether it was granted."""
    try:
        fcntl.flock(lock, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextlib.contextmanager
def running_server(folder: Path, socket_path: str, binary: str) -> Iterator[None]:
    """Start the server, or adopt a running one; stop it at the end."""
    if health(socket_path) is not Health.DOWN:  # an orphan: its supervisor was killed
        yield
        shut_down(socket_path)
        return
    Path(socket_path).unlink(missing_ok=True)
    log = folder / "server.log"
    command = [binary, *options(data_folder(folder, binary), socket_path, log)]
    null = subprocess.DEVNULL
    server = subprocess.Popen(command, stdin=null, stdout=null, stderr=null)
    try:
        wait_until_up(server, socket_path, f"{binary} does not start; see its log {log}")
        signal.signal(signal.SIGCHLD, lambda *_: leave_if_dead(server))
        yield
    finally:
        stop(server)


def wait_until_up(server: "subprocess.Popen[bytes]", socket_path: str, error: str) -> None:
    """Wait until the server answers, for START_TIMEOUT at most; exit if it dies."""
    deadline = time.monotonic() + START_TIMEOUT
    # After that it goes on loading its data, and its users get the error "busy".
    while health(socket_path) is not Health.UP and time.monotonic() < deadline:
        if server.poll() is not None:
            fail(error)
        time.sleep(0.005)


def leave_if_dead(server: "subprocess.Popen[bytes]") -> None:
    """Exit if the server is dead; the next user starts both again. SIGCHLD also means paused."""
    if server.poll() is not None:
        os._exit(0)


def stop(server: "subprocess.Popen[bytes]") -> None:
    """Terminate the server; kill it after STOP_TIMEOUT."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    server.terminate()
    try:
        server.wait(STOP_TIMEOUT)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def data_folder(folder: Path, binary: str) -> Path:
    """A folder for each kind and major version of server, such as `valkey-9`.

    An older server can't read the data of a newer one; at worst it starts empty, silently.
    """
    output = subprocess.run([binary, "--version"], capture_output=True, text=True, check=False)
    version = re.match(r"(\w+) server v=(\d+)", output.stdout)
    if not version:
        fail(f"{binary} is no Redis or Valkey server")
    data = folder / f"{version[1].lower()}-{version[2]}"
    data.mkdir(mode=0o700, exist_ok=True)
    return data


def options(data: Path, socket_path: str, log: Path) -> list[str]:
    settings = {
        "port": "0",
        "unixsocket": socket_path,
        "unixsocketperm": "700",
        "dir": str(data),
        "logfile": str(log),
        # Every write reaches the system before its reply, and the disk a second later. Snapshots
        # would only add pauses.
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        # A full memory refuses writes. Evicting instead would forget sessions silently.
        "maxmemory-policy": "noeviction",
    }
    return [word for name, value in settings.items() for word in (f"--{name}", value)]


def health(socket_path: str) -> Health:
    """The server's state, by a PING."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(PING_TIMEOUT)
        try:
            connection.connect(socket_path)
        except (FileNotFoundError, ConnectionRefusedError):
            return Health.DOWN
        except OSError:  # its queue of connections is full
            return Health.BUSY
        answer = send_command(connection, b"PING")
    if answer == b"":  # it is just stopping
        return Health.DOWN
    return Health.UP if answer == b"+PONG\r\n" else Health.BUSY


def send_command(connection: socket.socket, command: bytes) -> bytes | None:
    """Send a command and return the reply. None: timeout. Empty: the connection is closed."""
    try:
        connection.sendall(command + b"\r\n")
        return connection.recv(64)
    except TimeoutError:
        return None
    except OSError:
        return b""


def shut_down(socket_path: str) -> None:
    """Stop a server that this process did not start, by SHUTDOWN."""
    with socket.socket(socket.AF_UNIX) as connection, contextlib.suppress(OSError):
        connection.settimeout(STOP_TIMEOUT)
        connection.connect(socket_path)
        send_command(connection, b"SHUTDOWN")


def close_output() -> None:
    """Close stdout and stderr, which tells the starting process that the server is ready."""
    with Path(os.devnull).open("r+b", buffering=0) as null:
        os.dup2(null.fileno(), 1)
        os.dup2(null.fileno(), 2)


def fail(line: str) -> NoReturn:
    """Print the error for the starting process, and exit."""
    print(line, flush=True)
    os._exit(1)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3])
