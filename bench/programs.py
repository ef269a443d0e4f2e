"""Programs that are no Python packages: from apt, where there is apt."""

import os
import shutil
import subprocess

from scripts.bootstrap import say, stop


def require(name: str) -> None:
    """Return when there is a program of that name, or end the program with one line."""
    if shutil.which(name):
        return
    if shutil.which("apt-get"):
        say(f"installing {name} ...")
        as_root = [] if os.geteuid() == 0 else ["sudo", "-n"]
        quietly(*as_root, "apt-get", "update", "-qq")
        quietly(*as_root, "apt-get", "install", "-y", "-qq", "--no-install-recommends", name)
    if not shutil.which(name):
        stop(f"this measurement needs the program {name}; please install it.")


def quietly(*command: str) -> None:
    subprocess.run(command, capture_output=True, check=False)


def output(*command: str) -> str:
    """What it prints. Raises CalledProcessError."""
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout
