"""The client: it answers or fails within a second, and sends nothing twice."""

import os
import signal
import socket
import socketserver
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import redis

from tests.store.processes import NewUser, server_pid
from tests.support.servers import BUSY_SECOND, RedisServer, free_port, wait_until
from webapp.store.redis import client as redis_client
from webapp.store.redis.client import create_client
from webapp.store.redis.embedded.server import EmbeddedServer, has_supervisor

pytestmark = pytest.mark.impatient

NOWHERE = Path("/nowhere")


@pytest.fixture
def embedded(folder: Path) -> Iterator["redis.Redis"]:
    with create_client(None, folder) as client:
        yield client
        embedded_server(client).release()


@pytest.fixture
def remote(tmp_path: Path) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path).start()
    yield server
    server.stop()


@pytest.fixture
def client(remote: RedisServer) -> Iterator["redis.Redis"]:
    with create_client(remote.url, NOWHERE) as client:
        yield client


def embedded_server(client: "redis.Redis") -> EmbeddedServer:
    server: EmbeddedServer = client.connection_pool.connection_kwargs["server"]
    return server


@contextmanager
def within_a_second() -> Iterator[None]:
    began = time.monotonic()
    yield
    assert time.monotonic() - began < BUSY_SECOND


class TestEmbedded:
    def test_making_a_client_starts_nothing(self, folder: Path) -> None:
        create_client(None, folder)
        assert not folder.exists()

    def test_the_first_command_starts_the_server(self, embedded: "redis.Redis") -> None:
        assert embedded.set("greeting", "hello")
        assert embedded.get("greeting") == "hello"

    def test_the_first_command_after_it_was_killed_finds_its_data(
        self, embedded: "redis.Redis", folder: Path
    ) -> None:
        embedded.set("kept", "yes")
        os.kill(server_pid(embedded_server(embedded)), signal.SIGKILL)
        wait_until(lambda: not has_supervisor(folder))
        with within_a_second():
            assert embedded.get("kept") == "yes"

    def test_no_server_to_be_had_is_an_error_of_the_library(
        self, embedded: "redis.Redis", monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The app turns those into a 503; any other exception would be a 500."""
        monkeypatch.setenv("REDIS_SERVER_BIN", "/nowhere/redis-server")
        with pytest.raises(redis.ConnectionError, match="/nowhere/redis-server"):
            embedded.ping()

    def test_a_forked_child_gets_its_own_answers(self, new_user: NewUser) -> None:
        assert new_user().do(read_in_parent_and_child) == []


class TestRemote:
    def test_after_a_restart_the_first_command_works(
        self, client: "redis.Redis", remote: RedisServer
    ) -> None:
        client.ping()
        remote.stop()
        remote.start()
        assert client.set("greeting", "hello")

    def test_one_that_hangs_is_an_error_within_a_second(
        self, client: "redis.Redis", remote: RedisServer
    ) -> None:
        client.ping()
        remote.pause()
        for _ in ("on the pooled connection", "on a new one"):
            with within_a_second(), pytest.raises(redis.TimeoutError):
                client.ping()

    def test_one_that_is_not_there_is_an_error_within_a_second(self) -> None:
        client = create_client(f"redis://127.0.0.1:{free_port()}", NOWHERE)
        with within_a_second(), pytest.raises(redis.ConnectionError):
            client.ping()

    def test_one_that_takes_no_more_connections_is_an_error_within_a_second(self) -> None:
        with a_full_queue() as port:
            client = create_client(f"redis://127.0.0.1:{port}", NOWHERE)
            with within_a_second(), pytest.raises(redis.TimeoutError):
                client.ping()

    def test_a_command_whose_answer_was_lost_is_not_sent_again(self) -> None:
        with a_server_that_loses_its_answers() as (port, received):
            client = create_client(f"redis://127.0.0.1:{port}", NOWHERE)
            with pytest.raises(redis.ConnectionError):
                client.incr("rotations")
            assert received.count(b"INCR") == 1

    def test_threads_share_one_client(self, client: "redis.Redis") -> None:
        def count() -> None:
            for _ in range(50):
                client.incr("count")

        threads = [threading.Thread(target=count) for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert client.get("count") == "1000"

    def test_a_thread_waits_when_all_connections_are_busy(
        self, remote: RedisServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(redis_client, "MAX_CONNECTIONS", 1)
        client = create_client(remote.url, NOWHERE)
        busy = client.connection_pool.get_connection()
        threading.Timer(0.02, client.connection_pool.release, [busy]).start()
        assert client.ping()


class TestUrl:
    def test_a_socket(self, embedded: "redis.Redis") -> None:
        embedded.set("greeting", "hello")
        path = embedded_server(embedded).socket_path
        with create_client(f"unix://{path}", NOWHERE) as client:
            assert client.get("greeting") == "hello"

    def test_tls(self) -> None:
        client = create_client("rediss://redis.example:6380/2", NOWHERE)
        assert client.connection_pool.connection_class is redis.SSLConnection
        assert client.connection_pool.connection_kwargs["db"] == 2

    def test_an_unknown_scheme_is_refused(self) -> None:
        with pytest.raises(ValueError, match="scheme"):
            create_client("http://127.0.0.1:6379", NOWHERE)


def read_in_parent_and_child(server: EmbeddedServer) -> list[str]:
    """Both read their own key over a client from before the fork; the answer: what was wrong."""
    client = create_client(None, Path(server.socket_path).parent)
    client.mset({"parent": "parent", "child": "child"})
    child = os.fork()
    name = "parent" if child else "child"
    wrong = [answer for _ in range(300) if (answer := client.get(name)) != name]
    if not child:
        os._exit(len(wrong) and 1)
    _, status = os.waitpid(child, 0)
    return [*wrong, *["the child got wrong answers"] * bool(status)]


@contextmanager
def a_server_that_loses_its_answers() -> Iterator[tuple[int, bytearray]]:
    received = bytearray()

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            received.extend(self.request.recv(1024))

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
        yield server.server_address[1], received
        server.shutdown()


@contextmanager
def a_full_queue() -> Iterator[int]:
    """A port whose owner accepts no connection: with a full queue, connecting takes for ever."""
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        waiting = [socket.socket() for _ in range(4)]
        for each in waiting:
            each.setblocking(False)
            each.connect_ex(deaf.getsockname())
        yield deaf.getsockname()[1]
        for each in waiting:
            each.close()
