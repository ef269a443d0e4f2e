"""Give the project a Python of its own: `.venv`, holding exactly what a lock file names.

`ensure("app")` returns inside that Python, or ends the program with one line that says why
it can't. It needs the standard library only, and has to *compile* under old Pythons too, so
that they print that they are too old, instead of a syntax error.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
LOCKS = ROOT / "scripts" / "requirements"

# What each set of packages includes: those of tests and bench include the app's.
INCLUDES = {"app": ["app"], "tests": ["tests", "app"], "bench": ["bench", "app"]}


def ensure(wanted: str) -> None:
    """Return inside `.venv` with the packages of `scripts/requirements/<wanted>.txt`.

    Another active virtual environment is neither changed nor used: its packages are
    unknown. WEBAPP_BOOTSTRAP=0 skips all this and takes the running Python as it
    is, for containers that installed a lock file at build time.
    """
    if os.environ.get("WEBAPP_BOOTSTRAP") == "0":
        return
    require_supported_system()
    try:
        if not is_current(wanted):
            install_once(wanted)
    except KeyboardInterrupt:
        stop("stopped; the next start makes .venv again.", status=130)
    except OSError as error:
        stop(
            f"can't write {VENV.name} ({error.strerror}). If the packages are installed already, "
            "WEBAPP_BOOTSTRAP=0 skips this step."
        )
    if Path(sys.prefix).resolve() != VENV.resolve():
        restart_inside()


def require_supported_system() -> None:
    if os.name != "posix":
        stop("it runs on Linux and macOS. On Windows, use it in WSL.")
    if sys.version_info < (3, 11):  # noqa: UP036 - the very case this line is for
        stop(f"it needs Python 3.11 or newer; this is {sys.version.split()[0]}.")


def is_current(wanted: str) -> bool:
    return PYTHON.exists() and read(stamp(wanted)) == digest(wanted)


def stamp(name: str) -> Path:
    """Written last of all: a `.venv` with a stamp is a whole one."""
    return VENV / f"installed-{name}"


def digest(name: str) -> str:
    """Changes with the lock, and with the Python: 3.12 finds none of 3.11's packages."""
    lock = (LOCKS / f"{name}.txt").read_bytes()
    major, minor = sys.version_info[:2]
    return f"python{major}.{minor} {hashlib.sha256(lock).hexdigest()}"


def read(path: Path) -> str:
    return path.read_text() if path.exists() else ""


def install_once(wanted: str) -> None:
    with exclusive() as lock:
        if is_current(wanted):  # another terminal did it while this one waited
            return
        began = time.monotonic()
        if not is_whole():
            make_venv(lock)
        install(wanted, lock)
        say(f"ready after {time.monotonic() - began:.0f} s.")


@contextlib.contextmanager
def exclusive() -> Iterator[int]:
    """One installer at a time. The lock is this very file: always there, and no litter."""
    import fcntl  # not at the top: Windows has none, and gets a sentence instead

    with Path(__file__).open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another terminal is installing; waiting for it ...")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield file.fileno()


def is_whole() -> bool:
    """Whether packages can be added to `.venv`.

    Not after an interrupted run: pip takes a package that it half copied for an installed
    one, for ever. Not after the system's Python has changed its version either.
    """
    python = digest("app").split()[0]
    return PYTHON.exists() and any(read(stamp(name)).startswith(python) for name in INCLUDES)


def make_venv(lock: int) -> None:
    say("making .venv: a Python of the project's own ...")
    # Debian's python3 has no ensurepip; and where there is a pip already, that is quicker.
    bare = has("pip")
    if not bare and not has("ensurepip"):
        stop("this Python has neither pip nor venv. On Debian: apt install python3-pip")
    run([base_python(), "-m", "venv", "--clear", *["--without-pip"] * bare, str(VENV)], lock)


def install(wanted: str, lock: int) -> None:
    for name in INCLUDES:
        stamp(name).unlink(missing_ok=True)
    source = LOCKS / f"{wanted}.txt"
    say(f"installing {source.relative_to(ROOT)}; about half a minute ...")
    pip = [base_python(), "-m", "pip", "--python", str(PYTHON)]
    if not has("pip"):
        pip = [str(PYTHON), "-m", "pip"]
    # -qq: with -q, every additional package index configured prints a line for each package.
    run([*pip, "install", "-qq", "--disable-pip-version-check", "-r", str(source)], lock)
    for name in INCLUDES[wanted]:
        stamp(name).write_text(digest(name))


def has(module: str) -> bool:
    command = [base_python(), "-c", f"import {module}"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def base_python() -> str:
    """The Python that virtual environments are made from. They themselves may lack a pip."""
    if sys.prefix == sys.base_prefix:
        return sys.executable
    major, minor = sys.version_info[:2]
    return str(Path(sys.base_prefix, "bin", f"python{major}.{minor}"))


def run(command: list[str], lock: int) -> None:
    """Run it quietly, or stop with the last line of its complaint.

    It inherits the lock: should this process be killed, no other one starts before pip has ended.
    """
    environment = {**os.environ, "PIP_USER": "0"}
    done = subprocess.run(
        command, capture_output=True, text=True, env=environment, pass_fds=[lock], check=False
    )
    if done.returncode != 0:
        complaint = (done.stderr or done.stdout).strip().splitlines() or ["it printed nothing"]
        stop(
            f"{command[2]} failed: {complaint[-1]}. Is the network there? A new start tries again."
        )


def restart_inside() -> NoReturn:
    """Run the same command again, under `.venv`'s Python, in this same process."""
    environment = {name: value for name, value in os.environ.items() if name not in MISLEADING}
    sys.stdout.flush()
    os.execve(PYTHON, [str(PYTHON), *sys.orig_argv[1:]], environment)


# They would lead `.venv`'s Python to another one's library, and this file into a circle.
MISLEADING = {"PYTHONHOME", "__PYVENV_LAUNCHER__"}


def say(line: str) -> None:
    print(f"Evergreen: {line}", file=sys.stderr, flush=True)


def stop(line: str, status: int = 1) -> NoReturn:
    say(line)
    sys.exit(status)
