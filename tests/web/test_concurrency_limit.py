"""A request enters the app once it is whole; until then it costs the others nothing."""

import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from io import BytesIO
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import pytest
from flask import Flask, request
from werkzeug.test import create_environ, run_wsgi_app

from webapp.web.middleware import body_limit
from webapp.web.middleware.body_limit import (
    LATE,
    LATE_WHEN_FULL,
    MAX_BUFFERING,
    SILENT,
    BufferLimit,
    Peer,
    silent_for,
)
from webapp.web.middleware.concurrency_limit import (
    BODIES_STUCK,
    MAX_HEADERS,
    STUCK,
    ConcurrencyLimit,
)

MAX_BODY = 100
CHUNKED = {"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input_terminated": True}

Answer = tuple[int, bytes]
Send = Callable[..., "Future[Answer]"]


class SlowBody(BytesIO):
    """Its parts arrive when the test releases them."""

    def __init__(self, content: bytes) -> None:
        super().__init__(content)
        self.awaited = threading.Event()
        self.comes = threading.Event()

    def read(self, size: int | None = -1) -> bytes:
        self.awaited.set()
        assert self.comes.wait(10)
        return super().read(size)


@pytest.fixture
def send() -> Iterator[Send]:
    """Send a request from a thread of its own; its answer is status and body."""
    with ThreadPoolExecutor(max_workers=40) as threads:
        yield lambda *args, **environ: threads.submit(answer, *args, **environ)


@pytest.fixture
def slow_bodies() -> Iterator[list[SlowBody]]:
    bodies = [SlowBody(b"slow") for _ in range(20)]
    yield bodies
    for body in bodies:
        body.comes.set()


def answer(app: WSGIApplication, body: BytesIO | None = None, **environ: Any) -> Answer:
    given = create_environ(method="POST" if body else "GET")
    if body:
        given |= {"wsgi.input": body, "CONTENT_LENGTH": str(len(body.getvalue()))}
    if "HTTP_TRANSFER_ENCODING" in environ:
        del given["CONTENT_LENGTH"]
    chunks, status, _ = run_wsgi_app(app, given | environ)
    return int(status.split()[0]), b"".join(chunks)


def echo(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    start_response("200 OK", [])
    return [environ["REQUEST_METHOD"].encode(), b" ", environ["wsgi.input"].read(MAX_BODY)]


def flask_app() -> Flask:
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY

    @app.post("/")
    def view() -> bytes:
        return request.get_data()

    return app


def test_slow_bodies_block_no_other_request(send: Send, slow_bodies: list[SlowBody]) -> None:
    app = ConcurrencyLimit(echo, MAX_BODY, places=2)
    slow = [send(app, body) for body in slow_bodies]
    assert all(body.awaited.wait(5) for body in slow_bodies)
    assert send(app).result(5) == (200, b"GET ")
    assert send(app, BytesIO(b"quick")).result(5) == (200, b"POST quick")
    assert not any(future.done() for future in slow)


def test_a_slow_body_is_answered_when_it_has_come(send: Send, slow_bodies: list[SlowBody]) -> None:
    app = ConcurrencyLimit(echo, MAX_BODY, places=2)
    slow = [send(app, body) for body in slow_bodies]
    for body in slow_bodies:
        body.comes.set()
    assert {future.result(5) for future in slow} == {(200, b"POST slow")}


def test_a_body_that_comes_in_pieces_is_put_together() -> None:
    class Pieces(BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            return super().read(1)

    assert answer(ConcurrencyLimit(echo, MAX_BODY), Pieces(b"pieces")) == (200, b"POST pieces")


def test_only_so_many_bodies_are_waited_for(send: Send, slow_bodies: list[SlowBody]) -> None:
    app = ConcurrencyLimit(echo, MAX_BODY, bodies=len(slow_bodies))
    slow = [send(app, body) for body in slow_bodies]
    assert all(body.awaited.wait(5) for body in slow_bodies)
    _, status, headers = run_wsgi_app(app, create_environ(method="POST", data=b"one more"))
    assert status == "503 Service Unavailable"
    assert headers["Retry-After"] == "10"
    assert send(app).result(5) == (200, b"GET ")
    slow_bodies[0].comes.set()
    slow[0].result(5)
    assert answer(app, BytesIO(b"now")) == (200, b"POST now")


def test_only_so_many_requests_are_in_the_app(send: Send) -> None:
    both_in, counting = threading.Barrier(2), threading.Lock()
    inside, most = 0, 0

    def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        nonlocal inside, most
        with counting:
            inside += 1
            most = max(most, inside)
        both_in.wait(5)
        with counting:
            inside -= 1
        return echo(environ, start_response)

    limited = ConcurrencyLimit(app, MAX_BODY, places=2)
    requests = [send(limited) for _ in range(20)]
    assert {request.result(10) for request in requests} == {(200, b"GET ")}
    assert most == 2


def test_an_exception_gives_the_place_back() -> None:
    def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        raise ZeroDivisionError

    limited = ConcurrencyLimit(app, MAX_BODY, places=1, bodies=1)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError):
            answer(limited, BytesIO(b"body"))


def test_a_body_that_fails_gives_its_share_back() -> None:
    class Broken(BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            raise ConnectionError

    app = ConcurrencyLimit(echo, MAX_BODY, bodies=1)
    for _ in range(3):
        with pytest.raises(ConnectionError):
            answer(app, Broken(b"body"))


def test_an_answer_that_is_not_fetched_holds_no_place(send: Send) -> None:
    answers = iter([[b"first"], [b"second"]])

    def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        start_response("200 OK", [])
        return next(answers)

    limited = ConcurrencyLimit(app, MAX_BODY, places=1)
    run_wsgi_app(limited, create_environ())
    assert send(limited).result(5) == (200, b"second")


def test_a_body_that_ends_early_never_reaches_the_app() -> None:
    app = ConcurrencyLimit(echo, MAX_BODY)
    assert answer(app, BytesIO(b"password=hal"), CONTENT_LENGTH="13") == (400, b"")


def test_a_body_announced_as_too_large_is_refused_unread() -> None:
    body = SlowBody(b"x" * (MAX_BODY + 1))
    status, _ = answer(ConcurrencyLimit(flask_app(), MAX_BODY), body)
    assert status == 413
    assert not body.awaited.is_set()


def test_a_body_of_exactly_the_limit_comes_through() -> None:
    full = b"x" * MAX_BODY
    assert answer(ConcurrencyLimit(flask_app(), MAX_BODY), BytesIO(full)) == (200, full)


def test_a_body_in_chunks_comes_through() -> None:
    body = BytesIO(b"no length")
    assert answer(ConcurrencyLimit(flask_app(), MAX_BODY), body, **CHUNKED) == (200, b"no length")
    assert answer(ConcurrencyLimit(flask_app(), MAX_BODY), BytesIO(), **CHUNKED) == (200, b"")


def test_a_body_in_chunks_is_read_to_the_limit_and_refused() -> None:
    body = BytesIO(b"x" * 10 * MAX_BODY)
    status, _ = answer(ConcurrencyLimit(flask_app(), MAX_BODY), body, **CHUNKED)
    assert status == 413
    assert body.tell() == MAX_BODY + 1


@pytest.mark.parametrize(
    "length", ["", "0", "00", "-1", "ten", "9" * 5_000], ids=lambda length: length[:4]
)
def test_without_a_body_nothing_is_read(length: str) -> None:
    class Untouched(BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            raise AssertionError

    def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        start_response("204 No Content", [])
        return []

    assert answer(ConcurrencyLimit(app, MAX_BODY), Untouched(b"?"), CONTENT_LENGTH=length) == (
        204,
        b"",
    )


@pytest.mark.parametrize(
    "environ", [{"SERVER_PROTOCOL": "HTTP/2"}, CHUNKED, {"CONTENT_LENGTH": "0" * 40 + "4"}]
)
def test_a_body_however_it_is_announced_has_come_before_the_app_is_entered(
    send: Send, slow_bodies: list[SlowBody], environ: dict[str, Any]
) -> None:
    app = ConcurrencyLimit(echo, MAX_BODY, places=1)
    given: dict[str, Any] = {"CONTENT_LENGTH": "", "wsgi.input_terminated": True, **environ}
    slow = send(app, slow_bodies[0], **given)
    assert slow_bodies[0].awaited.wait(5)
    assert send(app).result(5) == (200, b"GET ")
    slow_bodies[0].comes.set()
    assert slow.result(5) == (200, b"POST slow")


@pytest.mark.parametrize(
    "length", ["", "0", "-1", "+5", " 5", "\u0665", "1e1", "9" * 5_000, "1000"]
)
def test_the_app_never_reads_from_the_network(length: str) -> None:
    class Network(BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            raise AssertionError

    asked = ConcurrencyLimit(echo, MAX_BODY), Network(b"?")
    assert answer(*asked, CONTENT_LENGTH=length) == (200, b"POST ")


def fill(places: BufferLimit, address: str) -> int:
    """How many places an address gets that takes all it can."""
    taken = 0
    while places.acquire(address, None):
        taken += 1
    return taken


def test_one_address_can_not_use_up_the_places_of_bodies() -> None:
    places = BufferLimit()
    assert MAX_BUFFERING * 0.9 < fill(places, "a") < MAX_BUFFERING
    assert places.acquire("b", None)
    assert fill(places, "c") > 1
    assert places.acquire("d", None)


def test_who_has_taken_too_many_may_come_again_when_they_are_given_back() -> None:
    places = BufferLimit(total=4)
    first, *_ = [places.acquire("a", None) for _ in range(4)]
    assert not places.acquire("a", None)
    places.release(first, "a")
    assert places.acquire("a", None)


def test_a_customer_of_ipv6_is_one_address() -> None:
    app = ConcurrencyLimit(echo, MAX_BODY)
    fill(app._bodies, "2001:db8::/64")
    assert answer(app, BytesIO(b"x"), REMOTE_ADDR="2001:db8::1234")[0] == 503
    assert answer(app, BytesIO(b"x"), REMOTE_ADDR="2001:db8:0:1::1")[0] == 200


class Steps:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def steps() -> Steps:
    return Steps()


@pytest.fixture
def connection() -> Iterator[tuple[socket.socket, socket.socket]]:
    """A client's end and the server's."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        client = socket.create_connection(server.getsockname(), 5)
        accepted, _ = server.accept()
    with client, accepted:
        yield client, accepted


def peer_of(accepted: socket.socket) -> Peer:
    return Peer(accepted.getpeername()[0], accepted.getsockname()[1])


@pytest.mark.parametrize(("total", "after"), [(2, LATE), (1, LATE_WHEN_FULL)])
def test_a_late_body_whose_client_is_silent_loses_its_connection(
    connection: tuple[socket.socket, socket.socket],
    steps: Steps,
    monkeypatch: pytest.MonkeyPatch,
    total: int,
    after: float,
) -> None:
    client, accepted = connection
    monkeypatch.setattr(body_limit, "silent_for", lambda _: SILENT)
    places = BufferLimit(total=total, clock=steps)
    assert places.acquire("a", peer_of(accepted))
    steps.now += after - 1
    places.acquire("b", None)
    client.settimeout(0)
    with pytest.raises(BlockingIOError):
        client.recv(1)
    steps.now += 1
    places.acquire("b", None)
    assert client.recv(1) == b""


def test_connections_that_still_send_or_are_of_others_are_left_alone(
    connection: tuple[socket.socket, socket.socket], steps: Steps
) -> None:
    client, accepted = connection
    client.sendall(b"still here")
    assert silent_for(accepted) < SILENT
    places = BufferLimit(clock=steps)
    places.acquire("a", peer_of(accepted))
    places.acquire("b", Peer("203.0.113.7", 443))
    steps.now += LATE
    places.acquire("c", None)
    client.settimeout(0)
    with pytest.raises(BlockingIOError):
        client.recv(1)


def test_a_worker_is_stuck_when_no_place_has_come_back_for_a_minute(
    send: Send, steps: Steps
) -> None:
    inside, goes_on = threading.Semaphore(0), threading.Event()

    def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        inside.release()
        assert goes_on.wait(10)
        return echo(environ, start_response)

    limited = ConcurrencyLimit(app, MAX_BODY, places=2, clock=steps)
    first = send(limited)
    assert inside.acquire(timeout=30)
    steps.now += STUCK
    assert not limited.is_stuck()  # one is free
    second = send(limited)
    assert inside.acquire(timeout=30)
    steps.now += STUCK - 1
    assert not limited.is_stuck()  # the second came just now
    steps.now += 1
    assert limited.is_stuck()
    goes_on.set()
    assert {first.result(5), second.result(5)} == {(200, b"GET ")}
    assert not limited.is_stuck()


def test_a_worker_is_stuck_when_no_body_has_come_for_ten_minutes(steps: Steps) -> None:
    app = ConcurrencyLimit(echo, MAX_BODY, bodies=2, clock=steps)
    place = app._bodies.acquire("a", None)
    steps.now += BODIES_STUCK
    app._bodies.acquire("b", None)
    assert not app.is_stuck()
    steps.now += BODIES_STUCK
    assert app.is_stuck()
    app._bodies.release(place, "a")
    assert not app.is_stuck()


@pytest.mark.parametrize("name", ["HTTP_COOKIE", "HTTP_AUTHORIZATION"])
def test_headers_that_take_long_to_look_into_are_refused(name: str) -> None:
    app = ConcurrencyLimit(echo, MAX_BODY)
    assert answer(app, **{name: "a" * (MAX_HEADERS + 1)}) == (431, b"")
    assert answer(app, **{name: "a" * (MAX_HEADERS // 2)})[0] == 200
