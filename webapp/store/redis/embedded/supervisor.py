"""The program that runs the embedded server: it starts it, waits for its last user, stops it.

A process of its own, because nobody else can be relied on: a worker that is killed runs no
exit handler, and neither does one that got SIGTERM. The kernel, however, takes a dead process's
locks away. So every user holds a shared lock on `users.lock`; the keeper asks for the exclusive
one, and gets it the moment the last user is gone, whatever it died of.

It prints nothing and closes its output once the server answers, or prints one line saying why
there is none. Standard library only: it starts in a few hundredths of a second.
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

# Seconds until a server that still loads its data is called busy, and not waited for.
START_TIMEOUT = 5.0
# Seconds until a server that hangs is killed. Its writes are with the system already.
STOP_TIMEOUT = 2.0
# Seconds that a running server gets for answering PING. Every new connection waits for it.
PING_TIMEOUT = 0.3


class Health(Enum):
    """What answers at the socket."""

    UP = auto()
    BUSY = auto()  # it lives, but loads its data or hangs: never start a second one over its files
    DOWN = auto()


def main(folder: Path, socket_path: str, binary: str) -> None:
    """Become a daemon, and keep the server until nobody needs it any more."""
    if os.fork():
        return
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    with (
        (folder / "users.lock").open("a") as users,
        single_instance(folder),
        running_server(folder, socket_path, binary),
    ):
        close_output()
        # Granted when the last user has gone, and held until the server has: newcomers wait.
        fcntl.flock(users, fcntl.LOCK_EX)


@contextlib.contextmanager
def single_instance(folder: Path) -> Iterator[None]:
    """Replace a keeper that is still there although its server can't be reached.

    It happens when somebody deletes the socket. Two servers must never write one folder.
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
    deadline = time.monotonic() + seconds
    while not acquired(lock, fcntl.LOCK_EX):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def acquired(lock: int, kind: int) -> bool:
    try:
        fcntl.flock(lock, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextlib.contextmanager
def running_server(folder: Path, socket_path: str, binary: str) -> Iterator[None]:
    if health(socket_path) is not Health.DOWN:  # an orphan, whose keeper was killed
        yield
        shut_down(socket_path)
        return
    Path(socket_path).unlink(missing_ok=True)
    log = folder / "server.log"
    command = [binary, *options(data_folder(folder, binary), socket_path, log)]
    nowhere = subprocess.DEVNULL
    server = subprocess.Popen(command, stdin=nowhere, stdout=nowhere, stderr=nowhere)
    try:
        wait_until_up(server, socket_path, f"{binary} does not start; its last words are in {log}")
        signal.signal(signal.SIGCHLD, lambda *_: leave_if_dead(server))
        yield
    finally:
        stop(server)


def wait_until_up(server: "subprocess.Popen[bytes]", socket_path: str, complaint: str) -> None:
    deadline = time.monotonic() + START_TIMEOUT
    # After that it goes on loading its data, and its users are told that it is busy.
    while health(socket_path) is not Health.UP and time.monotonic() < deadline:
        if server.poll() is not None:
            fail(complaint)
        time.sleep(0.005)


def leave_if_dead(server: "subprocess.Popen[bytes]") -> None:
    """The next user starts server and keeper anew. One that is only paused is not dead."""
    if server.poll() is not None:
        os._exit(0)


def stop(server: "subprocess.Popen[bytes]") -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    server.terminate()
    try:
        server.wait(STOP_TIMEOUT)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def data_folder(folder: Path, binary: str) -> Path:
    """One for each kind and major version, such as `valkey-9`.

    What a newer server wrote, an older one can't read; at worst it starts empty without a word.
    """
    words = subprocess.run([binary, "--version"], capture_output=True, text=True, check=False)
    found = re.match(r"(\w+) server v=(\d+)", words.stdout)
    if not found:
        fail(f"{binary} is no Redis or Valkey server")
    data = folder / f"{found[1].lower()}-{found[2]}"
    data.mkdir(mode=0o700, exist_ok=True)
    return data


def options(data: Path, socket_path: str, log: Path) -> list[str]:
    settings = {
        "port": "0",
        "unixsocket": socket_path,
        "unixsocketperm": "700",
        "dir": str(data),
        "logfile": str(log),
        # Every write is handed to the system before it is answered, and on the disk a second
        # later. Snapshots add nothing to that but a pause.
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        # A full memory refuses writes. Evicting instead would forget sessions silently.
        "maxmemory-policy": "noeviction",
    }
    return [word for name, value in settings.items() for word in (f"--{name}", value)]


def health(socket_path: str) -> Health:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(PING_TIMEOUT)
        try:
            connection.connect(socket_path)
        except (FileNotFoundError, ConnectionRefusedError):
            return Health.DOWN
        except OSError:  # its queue of connections is full
            return Health.BUSY
        answer = send_command(connection, b"PING")
    if answer == b"":  # it dies this moment
        return Health.DOWN
    return Health.UP if answer == b"+PONG\r\n" else Health.BUSY


def send_command(connection: socket.socket, command: bytes) -> bytes | None:
    """None: no answer in time. Empty: the connection is closed."""
    try:
        connection.sendall(command + b"\r\n")
        return connection.recv(64)
    except TimeoutError:
        return None
    except OSError:
        return b""


def shut_down(socket_path: str) -> None:
    with socket.socket(socket.AF_UNIX) as connection, contextlib.suppress(OSError):
        connection.settimeout(STOP_TIMEOUT)
        connection.connect(socket_path)
        send_command(connection, b"SHUTDOWN")


def close_output() -> None:
    """Close the output: the starter takes the end of it for "ready"."""
    with Path(os.devnull).open("r+b", buffering=0) as nowhere:
        os.dup2(nowhere.fileno(), 1)
        os.dup2(nowhere.fileno(), 2)


def fail(line: str) -> NoReturn:
    print(line, flush=True)
    os._exit(1)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3])
