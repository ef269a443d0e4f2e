"""The same pages behind the server: Granian with one worker, asked by wrk."""

import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager

from . import report
from .contenders import BARE, Contender, Entrant
from .programs import output, require
from .rounds import Spread
from .servers import free_port, running
from .visitor import HEADERS

ROUNDS = 5
SECONDS = 3  # of wrk, for each contender and round
CONNECTIONS = 16


def show(entrants: Mapping[Contender, Entrant]) -> None:
    require("wrk")
    with ExitStack() as stack:
        ports = {each: stack.enter_context(served(it)) for each, it in entrants.items()}
        for contender, entrant in entrants.items():  # warm
            rate_of(ports[contender], entrant)
        rounds = [
            {each: rate_of(ports[each], it) for each, it in entrants.items()} for _ in range(ROUNDS)
        ]
    report.table(
        f"Signed-in page behind Granian, 1 worker, {CONNECTIONS} connections (median, min-max)",
        ["", "of bare Flask", "pages/s", "p99 ms"],
        [
            [
                contender.name,
                report.spread(Spread.of(each[contender][0] / each[BARE][0] for each in rounds), 3),
                report.spread(Spread.of(each[contender][0] for each in rounds), 0),
                report.spread(Spread.of(each[contender][1] for each in rounds), 1),
            ]
            for contender in entrants
        ],
    )


@contextmanager
def served(entrant: Entrant) -> Iterator[int]:
    """Its port."""
    port = free_port()
    arguments = [entrant.contender.module, str(port), entrant.redis_url, entrant.sql_url]
    with running([sys.executable, "-m", "bench.serving", *arguments], port):
        yield port


def rate_of(port: int, entrant: Entrant) -> tuple[float, float]:
    """Pages a second, and the 99th percentile in milliseconds."""
    headers = {**HEADERS, "Cookie": entrant.page["HTTP_COOKIE"]}
    sent = [part for name, value in headers.items() for part in ("-H", f"{name}: {value}")]
    load = ["-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "--latency"]
    said = output("wrk", *load, *sent, f"http://127.0.0.1:{port}/page")
    rate = re.search(r"Requests/sec: +([\d.]+)", said)
    slowest = re.search(r"99% +([\d.]+)(us|ms|s)", said)
    if not rate or not slowest or "Non-2xx" in said:
        raise RuntimeError(f"{entrant.name}, asked by wrk:\n{said}")
    return float(rate[1]), float(slowest[1]) * {"us": 0.001, "ms": 1, "s": 1000}[slowest[2]]
