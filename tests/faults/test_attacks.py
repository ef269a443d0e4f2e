"""What stops a server that is not prepared for it, on the server that the README names."""

import json
import os
import re
import resource
import select
import shlex
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from scripts.bootstrap import ROOT
from scripts.serve import answers
from tests.support.servers import RedisServer, free_port, wait_until
from webapp.web.middleware.body_limit import MAX_BUFFERING
from webapp.web.middleware.concurrency_limit import MAX_CONCURRENT

pytestmark = pytest.mark.thorough("attacks")

# Seconds. Who has not been answered by then is not being served.
PATIENCE = 30
STRANGER, GUEST = "127.0.0.2", "127.0.0.1"


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory, redis_server: RedisServer) -> Iterator[int]:
    """Where the README's own command listens."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    found = re.search(r"^granian (.+?[^\\])$", (ROOT / "README.md").read_text(), re.M | re.S)
    assert found
    command = shlex.split(found[1].replace("\\\n", " "))
    port = free_port()
    environment = {
        "WEBAPP_MODE": "development",
        "WEBAPP_INSTANCE_PATH": str(tmp_path_factory.mktemp("instance")),
        "REDIS_URL": redis_server.url,
        "WEBAPP_BCRYPT_ROUNDS": "4",
    }
    log = Path(environment["WEBAPP_INSTANCE_PATH"], "server.log")
    with log.open("wb") as output:
        server = subprocess.Popen(
            [sys.executable, "-m", "granian", "--port", str(port), *command],
            cwd=ROOT,
            env=os.environ | environment,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        wait_until(lambda: answers(port) or server.poll() is not None)
        assert server.poll() is None, log.read_text()
        yield port
    finally:
        server.terminate()
        server.wait(PATIENCE)


@pytest.fixture
def connections(port: int) -> Iterator["Connections"]:
    with ExitStack() as stack:
        yield Connections(port, stack)


class Connections:
    def __init__(self, port: int, stack: ExitStack) -> None:
        self._port = port
        self._stack = stack

    def open(self, sent: bytes = b"", address: str = STRANGER) -> socket.socket:
        place, source = ("127.0.0.1", self._port), (address, 0)
        made = socket.create_connection(place, PATIENCE, source)
        self._stack.enter_context(made)
        made.sendall(sent)
        return made

    def status(self, request: bytes, address: str = GUEST) -> int:
        """Of a whole request; 0 if the connection is closed without an answer."""
        with self.open(request, address) as asked:
            answer = asked.recv(100)
        return int(answer.split()[1]) if answer else 0

    def serves(self) -> bool:
        """A guest gets a page, and what they send is read."""
        page = self.status(b"GET /login HTTP/1.1\r\nHost: localhost\r\n\r\n")
        form = self.status(post(b"Content-Length: 2", b"{}"))
        alive = self.status(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        return (page, form, alive) == (200, 422, 200)


def post(length: bytes, body: bytes = b"") -> bytes:
    head = (
        b"POST /api/v1/auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    )
    return head + length + b"\r\n\r\n" + body


def test_unfinished_streams_of_http_2_find_no_server(connections: Connections) -> None:
    empty_settings = b"\0\0\0\x04\0\0\0\0\0"
    connection = connections.open(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + empty_settings)
    assert connection.recv(100) == b""
    assert connections.serves()


@pytest.mark.quick
@pytest.mark.parametrize(
    "length",
    [
        b"Content-Length: 100",
        b"Content-Length: " + b"0" * 40 + b"100",
        b"Transfer-Encoding: chunked",
    ],
    ids=["plain", "zeros", "chunks"],
)
def test_unfinished_bodies_hold_no_place_of_the_app(
    connections: Connections, length: bytes
) -> None:
    for _ in range(MAX_CONCURRENT + 4):
        connections.open(post(length, b"5\r\nhalf"))
    assert connections.serves()


@pytest.mark.parametrize("length", [b"-1", b"+5", b"5, 5", b"5\r\nContent-Length: 6", b"0x5"])
def test_a_length_that_is_none_is_refused(connections: Connections, length: bytes) -> None:
    assert connections.status(post(b"Content-Length: " + length, b"hello")) == 400


def test_more_idle_connections_than_granian_takes_by_default_block_no_request(
    connections: Connections,
) -> None:
    for _ in range(2_100):
        connections.open()
    assert connections.serves()


def test_all_the_bodies_that_are_waited_for_can_not_be_of_one_address(
    connections: Connections,
) -> None:
    bodies = [connections.open(post(b"Content-Length: 100")) for _ in range(460)]
    assert connections.serves()

    def refused() -> list[socket.socket]:
        return select.select(bodies, [], [], 0)[0]

    wait_until(lambda: len(refused()) > len(bodies) - MAX_BUFFERING)
    assert refused()[0].recv(12) == b"HTTP/1.1 503"
    # Nor do they keep their places: the attacker's own next body is read, some seconds later.
    next_body = post(b"Content-Length: 2", b"{}")
    wait_until(lambda: connections.status(next_body, STRANGER) == 422)
    assert connections.serves()


def test_a_flood_of_the_password_meter_is_answered_busy(connections: Connections) -> None:
    body = json.dumps({"password": "+@h4246ge+@h4246g1+@b424611+@h42w6ga9" * 4}).encode()
    head = (
        b"POST /password-strength HTTP/1.1\r\nHost: localhost\r\nSec-Fetch-Site: same-origin\r\n"
        b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)
    )
    asked = [connections.open(head + body) for _ in range(60)]
    assert connections.serves()
    answers = [int(each.recv(100).split()[1]) for each in asked]
    assert set(answers) == {200, 503}
    assert answers.count(200) < 20


def test_headers_of_more_than_16_kb_are_refused(connections: Connections) -> None:
    for name in (b"Cookie", b"X-Anything"):
        head = b"GET /login HTTP/1.1\r\nHost: localhost\r\n%s: %s\r\n\r\n"
        assert connections.status(head % (name, b"a" * 17_000)) == 431
        assert connections.status(head % (name, b"a" * 15_000)) == 200
