"""Signed-in pages while other clients log in without pause, on the app as `app.py` serves it."""

import http.client
import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import bcrypt

from webapp import create_app

from . import report
from .client import HEADERS, Client, cookie_header
from .peers import EMAIL, PASSWORD, evergreen
from .servers import evergreen_server, redis_server, sqlite_url

LOGIN_CLIENTS = 8
BCRYPT_ROUNDS = 12
# Seconds of bcrypt alone, to learn how many checks the cores can do.
BCRYPT_SECONDS = 5
# Seconds after which a client gives up.
TIMEOUT = 10
# Seconds that the reader waits between two pages.
READING = 0.02

# Makes one request; whether it succeeded.
Request = Callable[[], bool]


@dataclass
class Waits:
    """Seconds that each successful request took, and the number of failed ones."""

    succeeded: list[float] = field(default_factory=list)
    failed: int = 0

    def percentile(self, share: float) -> str:
        """In milliseconds."""
        waits = sorted(self.succeeded)
        return f"{waits[int(share * (len(waits) - 1))] * 1000:.0f}" if waits else "-"


def run(seconds: int) -> None:
    print(f"Measured: {report.machine()}")
    with served() as (page, login):
        reader, logins = (page, READING), [(login, 0.0)] * LOGIN_CLIENTS
        repeat(2, reader)  # warm
        (idle,) = repeat(seconds / 3, reader)
        possible = bcrypt_checks_a_second()
        beside, *under_load = repeat(seconds, reader, *logins)
    report.table(
        f"A signed-in page while {LOGIN_CLIENTS} clients log in for {seconds} s",
        ["", "pages", "failed", "p50 ms", "p99 ms"],
        [page_row("before", idle), page_row("meanwhile", beside)],
    )
    rate = sum(len(each.succeeded) for each in under_load) / seconds
    failed = sum(each.failed for each in under_load)
    print(
        f"\n{rate:.2f} logins a second, {failed} failed: {rate / possible:.0%} of the"
        f" {possible:.2f} bcrypt checks a second that all cores do alone (cost {BCRYPT_ROUNDS})."
    )


def page_row(name: str, waits: Waits) -> list[str]:
    percentiles = [waits.percentile(share) for share in (0.5, 0.99)]
    return [name, str(len(waits.succeeded)), str(waits.failed), *percentiles]


@contextmanager
def served() -> Iterator[tuple[Request, Request]]:
    """Requests for a signed-in page, and logins, each on a new connection."""
    with redis_server() as redis, TemporaryDirectory(prefix="bench-") as folder:
        sql_url = sqlite_url(Path(folder), "evergreen")
        settings = evergreen.settings(Path(folder, "instance"), f"{redis}/0", sql_url)
        settings |= {
            "WEBAPP_BCRYPT_ROUNDS": str(BCRYPT_ROUNDS),
            "WEBAPP_RATELIMIT_ENABLED": "false",
        }
        app = create_app(settings)
        evergreen.prepare(app)
        cookie = {"Cookie": cookie_header(Client(app).sign_in().cookies)}
        body = json.dumps({"email": EMAIL, "password": PASSWORD})
        with evergreen_server(settings) as port:
            yield (
                lambda: send(port, "GET", "/dashboard", HEADERS | cookie),
                lambda: send(
                    port,
                    "POST",
                    "/api/v1/auth/login",
                    {"Content-Type": "application/json"},
                    body,
                ),
            )


def send(
    port: int, method: str, path: str, headers: dict[str, str], body: str | None = None
) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT)
    try:
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        response.read()
        return response.status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def bcrypt_checks_a_second() -> float:
    """What bcrypt reaches on all cores of the idle machine."""
    password = PASSWORD.encode()
    hashed = bcrypt.hashpw(password, bcrypt.gensalt(BCRYPT_ROUNDS))
    check = (lambda: bcrypt.checkpw(password, hashed), 0.0)
    began = time.monotonic()
    found = repeat(BCRYPT_SECONDS, *[check] * (os.cpu_count() or 1))
    return sum(len(each.succeeded) for each in found) / (time.monotonic() - began)


def repeat(seconds: float, *clients: tuple[Request, float]) -> list[Waits]:
    """Run all clients at once: each repeats its request, with its pause in seconds between."""
    end = time.monotonic() + seconds
    waits = [Waits() for _ in clients]
    threads = [
        threading.Thread(target=repeat_one, args=(*client, end, noted))
        for client, noted in zip(clients, waits, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return waits


def repeat_one(request: Request, pause: float, end: float, waits: Waits) -> None:
    while time.monotonic() < end:
        began = time.monotonic()
        if request():
            waits.succeeded.append(time.monotonic() - began)
        else:
            waits.failed += 1
        time.sleep(pause)
