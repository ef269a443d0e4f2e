"""Operations on a server as shell commands, for adapters that need no code."""

import os
import signal
import subprocess
from collections.abc import Callable, Sequence

from .adapter import Adapter

# Seconds.
TIMEOUT = 60
NAMES = (
    *("advance", "disable_user", "enable_user", "restart_store", "empty_store", "save_store"),
    *("roll_back_store", "pause_store", "resume_store"),
)


class BadOperation(Exception):
    """What is wrong with it, in one line."""


def add_operations(adapter: Adapter, definitions: Sequence[str]) -> None:
    """`NAME=COMMAND` each. Raises BadOperation."""
    for definition in definitions:
        name, _, command = definition.partition("=")
        if name not in NAMES or not command:
            raise BadOperation(f"--operation {definition}: NAME is one of {', '.join(NAMES)}")
        setattr(adapter, name, operation(name, command))


def operation(name: str, command: str) -> Callable[..., None]:
    """Raises BadOperation when the command fails."""

    def run(seconds: float = 0) -> None:
        filled = command.replace("{seconds}", f"{seconds:g}")
        # The command comes from the person who runs the kit, like one in a shell.
        process = subprocess.Popen(  # noqa: S602
            filled,
            shell=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        try:
            said, _ = process.communicate(timeout=TIMEOUT)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            raise BadOperation(f"{filled!r} has not ended after {TIMEOUT} s") from None
        if process.returncode:
            last = " ".join(said.strip().splitlines()[-1:])
            raise BadOperation(f"{filled!r} ends with {process.returncode}: {last}")

    run.__name__ = name
    return run
