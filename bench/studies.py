"""What the studies share: the app served for real, and clients that note how long they wait."""

import http.client
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from webapp import create_app

from .peers import EMAIL, PASSWORD, evergreen
from .servers import evergreen_server, redis_server, sqlite_url
from .visitor import HEADERS, Visitor, cookie_header

# Seconds after which a client gives up.
PATIENCE = 10

# Seconds between two pages of somebody who reads them.
READING = 0.02

Ask = Callable[[], int]
# What it asks for, and how many seconds it pauses after each answer.
Client = tuple[Ask, float]


@dataclass
class Site:
    """Evergreen with its default cost of a password, and the cookies of somebody signed in."""

    port: int
    cookies: str

    def page(self) -> int:
        """Ask for a signed-in page on a new connection; the status. Raises OSError."""
        return self._ask("GET", "/dashboard", {**HEADERS, "Cookie": self.cookies})

    def look(self) -> int:
        """As an open lab page asks for what is new."""
        headers = {**HEADERS, "Cookie": f"{self.cookies}; token_lab=1"}
        status = self._ask("GET", "/lab/events?after=9999999999999-0", headers)
        return 200 if status == 204 else status

    def login(self) -> int:
        body = json.dumps({"email": EMAIL, "password": PASSWORD})
        return self._ask("POST", "/api/v1/auth/login", {"Content-Type": "application/json"}, body)

    def _ask(self, method: str, path: str, headers: dict[str, str], body: str | None = None) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            answer.read()
            return answer.status
        finally:
            connection.close()


@contextmanager
def site(**more: str) -> Iterator[Site]:
    with redis_server() as redis, TemporaryDirectory(prefix="bench-") as folder:
        settings = evergreen.settings(
            Path(folder, "instance"), f"{redis}/0", sqlite_url(Path(folder), "evergreen")
        )
        del settings["WEBAPP_BCRYPT_ROUNDS"]
        settings |= {"WEBAPP_RATELIMIT_ENABLED": "false", **more}
        app = create_app(settings)
        evergreen.prepare(app)
        cookies = cookie_header(Visitor(app).sign_in().cookies)
        with evergreen_server(settings) as port:
            yield Site(port, cookies)


@dataclass
class Waits:
    """Seconds that the answered ones took, and how many failed: another status, or no answer."""

    answered: list[float] = field(default_factory=list)
    failed: int = 0

    @classmethod
    def of_all(cls, waits: "list[Waits]") -> "Waits":
        return cls([one for each in waits for one in each.answered], sum(w.failed for w in waits))

    def percentile(self, share: float) -> str:
        """In milliseconds."""
        waits = sorted(self.answered)
        return f"{waits[int(share * (len(waits) - 1))] * 1000:.0f}" if waits else "-"


def ask_for(seconds: float, *clients: Client) -> list[Waits]:
    """All clients at once, each asking one thing after the other for so long."""
    end = time.monotonic() + seconds
    waits = [Waits() for _ in clients]
    threads = [
        threading.Thread(target=keep_asking, args=(*client, end, noted))
        for client, noted in zip(clients, waits, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return waits


def keep_asking(ask: Ask, pause: float, end: float, noted: Waits) -> None:
    while time.monotonic() < end:
        began = time.monotonic()
        try:
            good = ask() == 200
        except (OSError, http.client.HTTPException):
            good = False
        if good:
            noted.answered.append(time.monotonic() - began)
        else:
            noted.failed += 1
        time.sleep(pause)
