"""The signed-in pages behind the app's own server: Granian with one worker, loaded by wrk."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib import import_module

from flask import Flask

ROUNDS = 5
SECONDS = 3  # of wrk, for each entrant and round
CONNECTIONS = 16
# The options of docs/operations.md, but for the number of idle connections.
OPTIONS = ["--interface", "wsgi", "--factory", "--http", "1", "--no-ws", "--no-log"]
OPTIONS += ["--blocking-threads", "512"]
ARGUMENTS = ["BENCH_MODULE", "BENCH_REDIS_URL", "BENCH_SQL_URL"]


def app() -> Flask:
    """One entrant's app. Granian calls this in its worker, which imports no other entrant."""
    module, *urls = (os.environ[name] for name in ARGUMENTS)
    made: Flask = import_module(f"bench.peers.{module}").create_app(*urls)
    return made


def run() -> None:
    from . import report
    from .entrants import BARE, prepared_entrants
    from .rounds import Spread

    require_wrk()
    with prepared_entrants() as field, ExitStack() as stack:
        ports = {
            each: stack.enter_context(served(each.module, it.redis_url, it.sql_url))
            for each, it in field.items()
        }
        cookies = {each: it.page["HTTP_COOKIE"] for each, it in field.items()}
        rounds = [{each: load(ports[each], cookies[each]) for each in field} for _ in range(ROUNDS)]
    report.table(
        f"A signed-in page behind Granian, 1 worker, {CONNECTIONS} connections (median, min-max)",
        ["", "of bare Flask's rate", "pages/s", "p99 ms"],
        [
            [
                each.name,
                report.spread(Spread.of(one[each][0] / one[BARE][0] for one in rounds), 2),
                report.spread(Spread.of(one[each][0] for one in rounds), 0),
                report.spread(Spread.of(one[each][1] for one in rounds), 1),
            ]
            for each in field
        ],
    )


@contextmanager
def served(*arguments: str) -> Iterator[int]:
    """The port of the server. Raises RuntimeError if it does not start."""
    from tests.support.servers import free_port

    from .servers import running

    port = free_port()
    command = [sys.executable, "-m", "granian", *OPTIONS, "--port", str(port)]
    environment = dict(zip(ARGUMENTS, arguments, strict=True))
    with running([*command, "bench.behind_granian:app"], port, environment):
        yield port


def load(port: int, cookies: str) -> tuple[float, float]:
    """Pages a second, and the 99th percentile in milliseconds."""
    from .client import HEADERS

    headers = {**HEADERS, "Cookie": cookies}
    sent = [part for name, value in headers.items() for part in ("-H", f"{name}: {value}")]
    load = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "--latency", *sent]
    command = [*load, f"http://127.0.0.1:{port}/page"]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    rate = re.search(r"Requests/sec: +([\d.]+)", printed)
    slowest = re.search(r"99% +([\d.]+)(us|ms|s)", printed)
    if not rate or not slowest or "Non-2xx" in printed:
        raise RuntimeError(f"wrk printed:\n{printed}")
    return float(rate[1]), float(slowest[1]) * {"us": 0.001, "ms": 1, "s": 1000}[slowest[2]]


def require_wrk() -> None:
    if not shutil.which("wrk"):
        raise SystemExit("This measurement needs the program wrk: apt-get install wrk")
