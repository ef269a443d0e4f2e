"""Slow clients: 400 that never end their headers, then 400 that never end their bodies.

Meanwhile an honest visitor asks for pages, and another one logs in.
"""

import subprocess

from . import report
from .programs import require
from .studies import READING, Site, Waits, ask_for, site

CONNECTIONS = 400
SLOW_HEADERS = ["-H", "-i", "5", "-t", "GET"]
SLOW_BODIES = ["-B", "-i", "5", "-t", "POST", "-s", "8192", "-x", "10"]


def run(seconds: int) -> None:
    require("slowhttptest")
    print(f"Measured: {report.machine()}")
    with site() as here:
        ask_for(2, (here.page, READING))  # warm
        rows = honest("nobody slow", here, seconds / 2)
        for name, how in (("slow headers", SLOW_HEADERS), ("slow bodies", SLOW_BODIES)):
            attacker = attack(here.port, seconds, how)
            try:
                ask_for(1, (here.page, READING))  # until all 400 are there
                rows += honest(f"{CONNECTIONS} {name}", here, seconds - 2)
            finally:
                attacker.terminate()
                attacker.wait()
    header = ["", "answered", "failed", "p50 ms", "p99 ms", "slowest ms"]
    report.table("Honest visitors among slow clients", header, rows)


def attack(port: int, seconds: int, how: list[str]) -> "subprocess.Popen[bytes]":
    amount = ["-c", str(CONNECTIONS), "-r", str(CONNECTIONS), "-l", str(seconds)]
    address = ["-u", f"http://127.0.0.1:{port}/login"]
    return subprocess.Popen(
        ["slowhttptest", *amount, *how, *address],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def honest(name: str, here: Site, seconds: float) -> list[list[str]]:
    pages, logins = ask_for(seconds, (here.page, READING), (here.login, READING))
    return [row(f"{name}: pages", pages), row(f"{name}: logins", logins)]


def row(name: str, waits: Waits) -> list[str]:
    percentiles = [waits.percentile(share) for share in (0.5, 0.99, 1)]
    return [name, str(len(waits.answered)), str(waits.failed), *percentiles]
