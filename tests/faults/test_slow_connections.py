"""Clients that send a byte now and then, and the people who want to be served meanwhile."""

import os
import re
import signal
import socket
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.test_commands import Run, group_exists, sign_in

EACH = 60
# Seconds. A client without a response by then counts as not served.
PATIENCE = 30

SLOW_HEAD = b"GET /login HTTP/1.1\r\nHost: localhost\r\nX-Sl"
# The server says "continue" when it begins to wait for the body.
SLOW_BODY = (
    b"POST /login HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n"
    b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 10\r\n\r\n"
)


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    run = Run(tmp_path / "instance")
    socket.setdefaulttimeout(PATIENCE)
    try:
        yield run.wait_until_ready()
    finally:
        socket.setdefaulttimeout(None)
        if group_exists(run.process.pid):
            os.killpg(run.process.pid, signal.SIGKILL)
        run.process.wait()


@pytest.fixture
def slow_bodies(run: Run) -> Iterator[list[socket.socket]]:
    """Each of them in the middle; as many slow heads are there too."""
    address = "127.0.0.1", int(run.port)
    with ExitStack() as stack:
        slow = [stack.enter_context(socket.create_connection(address)) for _ in range(2 * EACH)]
        heads, bodies = slow[:EACH], slow[EACH:]
        for head in heads:
            head.sendall(SLOW_HEAD)
        for body in bodies:
            body.sendall(SLOW_BODY)
        for body in bodies:
            assert body.recv(100).startswith(b"HTTP/1.1 100")
            body.sendall(b"csrf")
        yield bodies


@pytest.mark.thorough("attacks")
def test_slow_connections_do_not_block_other_requests(
    run: Run, slow_bodies: list[socket.socket]
) -> None:
    with urllib.request.urlopen(f"{run.url}/login") as page:
        assert page.status == 200
    found = re.search(r"demo account +(\S+), password: (.+)", run.output)
    assert found
    sign_in(f"{run.url}/login", {"email": found[1], "password": found[2]})
    # Nor from being answered themselves, once they have arrived…
    slow_bodies[0].sendall(b"_token")
    assert slow_bodies[0].recv(100).startswith(b"HTTP/1.1 400"), "a form without a token"
    # …nor the server from stopping.
    run.press_ctrl_c()
    assert run.process.wait(PATIENCE) == 0
