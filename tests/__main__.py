"""The test command: `python3 -m tests` checks everything, `python3 -m tests ARGS` runs pytest.

Everything runs on SQLite, and what uses a database again on PostgreSQL: alone by
`python3 -m tests --database postgresql`, with more of pytest's arguments as you like.

It installs what the tests need beyond the app: the locked packages into `.venv`, and, where there
is apt, a browser, a Redis and a PostgreSQL. What is still missing then is a failure. A skipped
browser test would be green for the wrong reason.
"""

import os
import shutil
import subprocess
import sys
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
# Browsers see the same pages whatever the database; where it fails, tests/web says so sooner.
ON_POSTGRESQL = ["pytest", "--database", "postgresql", "--ignore", "tests/browser"]
CHECKS = [
    ["ruff", "format", "--check", "--quiet", "."],
    ["ruff", "check", "--quiet", "."],
    ["mypy", "--no-error-summary"],
    ["djlint", "templates", "--lint", "--quiet"],
]


def main(arguments: list[str]) -> int:
    ensure("tests")
    install_programs()
    failed = [] if arguments else [check for check in CHECKS if not succeeds(check)]
    runs = [["pytest", *arguments]] if arguments else [["pytest"], ON_POSTGRESQL]
    failed += [run for run in runs if not succeeds(run)]
    # When all is well, pytest's own summary is the last line.
    for command in failed:
        say(f"failed: {' '.join(command)}")
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
    complaint = quiet(*as_root, "env", "DEBIAN_FRONTEND=noninteractive", *install)
    if complaint:
        stop(f"{complaint}\nThe tests need: sudo apt-get install {' '.join(packages)}")


def quiet(*command: str) -> str:
    """What it says when it fails, else nothing."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return f"{command[0]}: not found"
    return (done.stderr or done.stdout).strip() if done.returncode else ""


def succeeds(command: list[str]) -> bool:
    say(" ".join(command))
    return subprocess.run([sys.executable, "-m", *command], cwd=ROOT, check=False).returncode == 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
