"""A storm of logins: does who is signed in already still get their pages?"""

import os
import time

import bcrypt

from . import report
from .peers import PASSWORD
from .studies import READING, Waits, ask_for, site

CLIENTS = 8
ROUNDS = 12
BCRYPT_SECONDS = 5


def run(seconds: int) -> None:
    print(f"Measured: {report.machine()}")
    with site() as here:
        reader = (here.page, READING)
        ask_for(2, reader)  # warm
        (idle,) = ask_for(seconds / 3, reader)
        possible = checks_a_second()
        storm = [(here.login, 0.0)] * CLIENTS
        page, *logins = ask_for(seconds, reader, *storm)
        unread = ask_for(seconds, *storm)
    report.table(
        f"A signed-in page while {CLIENTS} clients log in for {seconds} s",
        ["", "pages", "failed", "p50 ms", "p99 ms"],
        [row("idle", idle), row("storm", page)],
    )
    report.table(
        f"Logins (bcrypt cost {ROUNDS}; alone, all cores do {possible:.2f} checks/s)",
        ["", "logins/s", "failed", "share"],
        [
            shared("beside the pages, which come first", logins, seconds, possible),
            shared("without them", unread, seconds, possible),
        ],
    )


def shared(name: str, logins: list[Waits], seconds: int, possible: float) -> list[str]:
    rate = sum(len(each.answered) for each in logins) / seconds
    failed = sum(each.failed for each in logins)
    return [name, f"{rate:.2f}", str(failed), f"{rate / possible:.0%}"]


def row(name: str, waits: Waits) -> list[str]:
    percentiles = [waits.percentile(share) for share in (0.5, 0.99)]
    return [name, str(len(waits.answered)), str(waits.failed), *percentiles]


def checks_a_second() -> float:
    """What all cores' bcrypt can do, with nothing else to do."""
    password = PASSWORD.encode()
    hashed = bcrypt.hashpw(password, bcrypt.gensalt(ROUNDS))

    def check() -> int:
        return 200 if bcrypt.checkpw(password, hashed) else 0

    began = time.monotonic()
    found = ask_for(BCRYPT_SECONDS, *[(check, 0)] * (os.cpu_count() or 1))
    return sum(len(each.answered) for each in found) / (time.monotonic() - began)
