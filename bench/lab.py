"""Fifty open lab pages, and others who log in: does either keep the other waiting?"""

from . import report
from .storm import CLIENTS, row
from .studies import READING, Waits, ask_for, site

PAGES = 50
# Seconds between two questions of an open page.
LOOKS = 1.0


def run(seconds: int) -> None:
    print(f"Measured: {report.machine()}")
    with site(WEBAPP_LAB="1") as here:
        reader, open_pages = (here.page, READING), [(here.look, LOOKS)] * PAGES
        logins = [(here.login, 0.0)] * CLIENTS
        ask_for(2, reader, (here.look, 0.1))  # warm
        (idle,) = ask_for(seconds / 3, reader)
        beside, *quiet = ask_for(seconds, reader, *open_pages)
        alone = ask_for(seconds, *logins)
        both = ask_for(seconds, *open_pages, *logins)
    looks, together = both[:PAGES], both[PAGES:]
    report.table(
        f"{PAGES} open lab pages and {CLIENTS} clients that log in, {seconds} s each",
        ["", "answers", "failed", "p50 ms", "p99 ms"],
        [
            row("a signed-in page, alone", idle),
            row("a signed-in page, beside the lab pages", beside),
            row("lab pages", Waits.of_all(quiet)),
            row("lab pages, beside the logins", Waits.of_all(looks)),
            row("logins, alone", Waits.of_all(alone)),
            row("logins, beside the lab pages", Waits.of_all(together)),
        ],
    )
