"""The test command, in two tiers; `python3 -m tests ARGS` runs pytest with ARGS.

`python3 -m tests` lints, checks types and templates, and runs every feature once, on SQLite and
briefly on PostgreSQL. `python3 -m tests --all` runs all tests, and those that use a database a
second time on PostgreSQL (alone: `python3 -m tests --database postgresql`).

It installs what the tests need beyond the app: the locked packages into `.venv`, and, where there
is apt, a browser, a Redis and a PostgreSQL. What is still missing then is a failure. A skipped
browser test would be green for the wrong reason.
"""

import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from scripts.bootstrap import ROOT, ensure, say, stop

# Program looked for: the Debian package that brings it.
PACKAGES = {
    "chromium": "chromium",
    "chromedriver": "chromium-driver",
    "redis-server": "redis-server",
    "npm": "npm",
    "nginx": "nginx",
    "openssl": "openssl",
    "initdb": "postgresql",
}
# Debian keeps nginx where only root looks, and PostgreSQL's server in a folder for each version.
PLACES = ":".join(
    [
        os.environ.get("PATH", os.defpath),
        "/usr/sbin",
        *sorted(map(str, Path("/usr/lib/postgresql").glob("*/bin")), reverse=True),
    ]
)
ON_POSTGRESQL = ["pytest", "--database", "postgresql"]
# In the quick tier: what SQL keeps, and a sign-in with all that follows from it.
SMOKE = [
    "tests/store/test_migrations.py",
    "tests/store/test_session_ends.py",
    "tests/web/test_silent_refresh.py",
]
# Many tests wait for a server or a browser: one more worker than cores.
WORKERS = ["-n", str((os.cpu_count() or 1) + 1)]
SMOKE_ON_POSTGRESQL = [*ON_POSTGRESQL, "--quick", "-n", "0", "--quiet", *SMOKE]
# Without its cache of compiled files, Python takes twice as long to load the tests.
ENVIRONMENT = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
CHECKS = [
    ["ruff", "format", "--check", "--quiet", "."],
    ["ruff", "check", "--quiet", "."],
    ["mypy", "--no-error-summary"],
    ["djlint", "templates", "--lint", "--quiet"],
]


def main(arguments: list[str]) -> int:
    ensure("tests")
    install_programs()
    runs, beside = [["pytest", *arguments]], []
    if not arguments:
        runs, beside = [["pytest", "--quick", *WORKERS]], [*CHECKS, SMOKE_ON_POSTGRESQL]
    elif arguments == ["--all"]:
        runs, beside = [["pytest", *WORKERS], [*ON_POSTGRESQL, *WORKERS]], CHECKS
    with ThreadPoolExecutor(1) as background:
        quietly = [(command, background.submit(complaint, command)) for command in beside]
        failed = [(run, "") for run in runs if not succeeds(run)]
        failed += [(command, said.result()) for command, said in quietly if said.result()]
    # When all is well, pytest's own summary is the last line.
    for command, said in failed:
        say(f"failed: {' '.join(command)}\n{said}".rstrip())
    return 1 if failed else 0


def install_programs() -> None:
    missing = [name for name in PACKAGES if not find_program(name)]
    if missing and shutil.which("apt-get"):
        apt_install([PACKAGES[name] for name in missing])
    elif needed := {"redis-server", "nginx", "initdb"} & set(missing):
        names = ", ".join(sorted(needed))
        stop(f"the tests need {names} (macOS: brew install redis nginx postgresql).")
    elif missing:
        say(f"no {' and no '.join(missing)} here: Selenium fetches a browser itself.")


def find_program(name: str) -> str | None:
    return shutil.which(name, path=PLACES)


def apt_install(packages: list[str]) -> None:
    say(f"installing {', '.join(packages)} ...")
    as_root = [] if os.geteuid() == 0 else ["sudo", "-n"]
    # Recommended packages would bring half a desktop.
    install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages]
    quiet(*as_root, "apt-get", "update", "-qq")
    refused = quiet(*as_root, "env", "DEBIAN_FRONTEND=noninteractive", *install)
    if refused:
        stop(f"{refused}\nThe tests need: sudo apt-get install {' '.join(packages)}")


def quiet(*command: str) -> str:
    """What it says when it fails, else nothing."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return f"{command[0]}: not found"
    return (done.stderr or done.stdout).strip() if done.returncode else ""


def succeeds(command: list[str]) -> bool:
    say(" ".join(command))
    return subprocess.run(module(command), cwd=ROOT, env=ENVIRONMENT, check=False).returncode == 0


def complaint(command: list[str]) -> str:
    """What a command that runs beside the others says when it fails, else nothing."""
    done = subprocess.run(
        module(command), cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True, check=False
    )
    return (done.stdout + done.stderr or "it said nothing") if done.returncode else ""


def module(command: list[str]) -> list[str]:
    return [sys.executable, "-m", *command]


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
