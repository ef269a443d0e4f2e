"""Operations on a server as shell commands, for adapters that need no code."""

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
        done = subprocess.run(  # noqa: S602
            filled, shell=True, capture_output=True, text=True, timeout=TIMEOUT, check=False
        )
        if done.returncode:
            said = (done.stderr or done.stdout).strip().splitlines()
            raise BadOperation(f"{filled!r} ends with {done.returncode}: {' '.join(said[-1:])}")

    run.__name__ = name
    return run
