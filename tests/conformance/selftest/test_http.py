"""Servers that answer oddly, and cookies as a browser keeps them."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest

from tests.conformance import ALL, Refused, Tokens, Unavailable
from tests.conformance.check import Check
from tests.conformance.http import Client, HttpAdapter
from tests.conformance.http.client import TIMEOUT, NotAllowed
from tests.conformance.http.cookies import Jar
from tests.conformance.http.response import Response
from tests.conformance.run import carry_out
from tests.conformance.server import Server

from .conftest import FakeTime
from .model import ModelServer

HERE = "http://127.0.0.1/auth/login"
Answer = bytes | Callable[[socket.socket], None]


@contextmanager
def answering(answer: Answer) -> Iterator[str]:
    """A server that gives this response to each request."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            # The client may have had enough.
            with connection, suppress(OSError):
                connection.recv(65536)
                if callable(answer):
                    answer(connection)
                else:
                    connection.sendall(answer)
                    # To close with unread data would reset the connection.
                    connection.shutdown(socket.SHUT_WR)
                    while connection.recv(65536):
                        pass

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


def response(body: bytes, status: str = "200 OK", *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


def adapter(address: str) -> HttpAdapter:
    return HttpAdapter(f"{address}/login", f"{address}/refresh", {})


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (response(b'{"error": "invalid_grant"}'), "200 invalid_grant, and no tokens in it"),
        (response(b"<h1>Sign in</h1>"), "no JSON object (no type: '<h1>Sign in</h1>')"),
        (response(b'{"refresh_token": null, "access_token": ""}'), "no tokens in it"),
        (response(b'{"refresh_token": 12345}'), "refresh_token is no text: 12345"),
        (response(b"[" * 100_000), "no tokens in it"),
        (response(b"", "302 Found", "Location: /login"), "302 to /login"),
        (response(b'{"error": {"code": "expired"}}', "401 Unauthorized"), "401 expired"),
    ],
)
def test_a_response_without_tokens_is_a_refusal(answer: bytes, said: str) -> None:
    with answering(answer) as address, pytest.raises(Refused) as refused:
        adapter(address).refresh(Tokens("old"))
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (response(b"busy", "503 Service Unavailable"), "503"),
        (response(b"slow down", "429 Too Many Requests"), "429"),
        (b"", "no response"),
        (b"nonsense\r\n\r\n", "no response"),
        (response(b"x" * 1_100_000), "more than 1,000,000 bytes"),
    ],
)
def test_a_server_that_can_not_tell_is_unavailable(answer: bytes, said: str) -> None:
    with answering(answer) as address, pytest.raises(Unavailable) as unavailable:
        adapter(address).refresh(Tokens("old"))
    assert said in str(unavailable.value)


def test_a_response_that_never_ends_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.conformance.http.client.time", FakeTime(tick=TIMEOUT + 1))

    def drip(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
        while True:
            try:
                connection.sendall(b"x")
            except OSError:
                return

    with answering(drip) as address, pytest.raises(Unavailable, match="no whole response"):
        adapter(address).refresh(Tokens("old"))


def test_control_characters_do_not_reach_the_reports() -> None:
    answer = response(b'{"error": "\\u001b[31mred\\n"}', "401 Unauthorized")
    with answering(answer) as address:
        server = Server(adapter(address))
        with pytest.raises(Refused):
            server.refresh(Tokens("old"))
    assert server.exchanges[-1].response == "401 ?[31mred"


@pytest.mark.parametrize("check", ALL, ids=lambda each: each.name)
def test_nor_by_what_a_check_has_seen(check: Check) -> None:
    class Colourful(ModelServer):
        def refresh(self, tokens: Tokens) -> Tokens:
            raise Refused("401 \x1b[31mred")

    assert carry_out(check, Colourful()).seen.isprintable()


@pytest.mark.parametrize("host", ["192.0.2.1", "10.0.0.7", "127.0.0.1@192.0.2.1"])
def test_no_request_leaves_this_machine(host: str) -> None:
    with pytest.raises(NotAllowed, match="not this machine"):
        Client().send("GET", f"http://{host}:9/", {})


def test_another_host_can_be_allowed() -> None:
    """With no requests left, so that none is sent."""
    with pytest.raises(NotAllowed, match="used up"):
        Client(["192.0.2.1"], budget=0).send("GET", "http://192.0.2.1:9/", {})


def test_the_requests_of_a_run_are_bounded() -> None:
    with answering(response(b"")) as address:
        client = Client(budget=1)
        client.send("GET", address, {})
        with pytest.raises(NotAllowed):
            client.send("GET", address, {})


def after(*lines: str, url: str = HERE) -> Jar:
    headers = tuple(("Set-Cookie", line) for line in lines)
    return Jar().after(Response(200, headers, b""), url)


@pytest.mark.parametrize(
    ("lines", "url", "sent"),
    [
        (("rt=good; Path=/", "rt=; Max-Age=0; Path=/old"), HERE, "rt=good"),
        (("rt=good; Path=/", "rt=; Max-Age=0; Path=/"), HERE, ""),
        (("rt=good; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT",), HERE, ""),
        (("rt=good; Path=/auth/other",), HERE, ""),
        (("rt=good",), "http://127.0.0.1/auth/refresh", "rt=good"),
        (("rt=good",), "http://127.0.0.1/me", ""),
        (("rt=short; Path=/", "rt=long; Path=/auth"), HERE, "rt=long; rt=short"),
        (("rt=good; Domain=example.com",), HERE, ""),
        ((";;;=;", "", "novalue"), HERE, ""),
    ],
)
def test_cookies_are_kept_as_in_a_browser(lines: tuple[str, ...], url: str, sent: str) -> None:
    assert after(*lines).header(url) == sent
