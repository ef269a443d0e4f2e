"""The embedded server: one for all, there when needed, gone with its last user."""

import os
import signal
import socket
import stat
import threading
import time
from pathlib import Path

import pytest

from tests.store.processes import (
    NewUser,
    client_of,
    fork_and_leave,
    go_on_as_child,
    is_alive,
    is_running,
    join,
    leave,
    number_of_starts,
    program,
    server_pid,
)
from tests.support.servers import BUSY_SECOND, wait_until
from webapp.store.redis.embedded.server import EmbeddedServer, EmbeddedServerError
from webapp.store.redis.embedded.supervisor import Health, health

pytestmark = pytest.mark.impatient


class TestStart:
    def test_asking_for_the_socket_starts_nothing(
        self, server: EmbeddedServer, folder: Path
    ) -> None:
        assert server.socket_path
        assert not folder.exists()

    def test_six_processes_that_start_together_get_one_server(
        self, new_user: NewUser, folder: Path
    ) -> None:
        users = [new_user() for _ in range(6)]
        for user in users:
            user.begin(join)
        assert len({user.result() for user in users}) == 1
        assert number_of_starts(folder) == 1

    def test_threads_that_start_together_get_one_server(
        self, server: EmbeddedServer, folder: Path
    ) -> None:
        threads = [threading.Thread(target=server.ensure) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert client_of(server).ping()
        assert number_of_starts(folder) == 1

    def test_it_answers_as_soon_as_ensure_returns(self, server: EmbeddedServer) -> None:
        server.ensure()
        assert client_of(server).ping()

    def test_no_other_user_of_the_machine_may_open_its_folder(
        self, server: EmbeddedServer, folder: Path
    ) -> None:
        folder.mkdir(mode=0o755)
        server.ensure()
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700

    def test_the_secrets_of_the_app_stay_with_the_app(
        self,
        server: EmbeddedServer,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        binary = program(tmp_path, f"env > {tmp_path}/environment")
        monkeypatch.setenv("REDIS_SERVER_BIN", binary)
        monkeypatch.setenv("WEBAPP_SECRET_KEY", "for the app alone")
        with pytest.raises(EmbeddedServerError):
            server.ensure()
        assert "for the app alone" not in (tmp_path / "environment").read_text()


class TestEnd:
    def test_the_last_one_out_shuts_it_down(self, new_user: NewUser, folder: Path) -> None:
        first, last = new_user(), new_user()
        pid = first.do(join)
        last.do(join)
        first.do(leave)
        assert last.do(join) == pid
        last.do(leave)
        wait_until(lambda: not is_alive(pid))
        wait_until(lambda: not is_running(folder))

    @pytest.mark.parametrize("signum", [signal.SIGKILL, signal.SIGTERM])
    def test_a_worker_that_is_killed_does_not_keep_it_running(
        self, new_user: NewUser, signum: signal.Signals
    ) -> None:
        worker = new_user()
        pid = worker.do(join)
        worker.kill(signum)
        wait_until(lambda: not is_alive(pid))

    def test_a_worker_that_is_killed_leaves_it_to_the_others(self, new_user: NewUser) -> None:
        worker, other = new_user(), new_user()
        pid = worker.do(join)
        other.do(join)
        worker.kill()
        assert other.do(join) == pid

    def test_a_forked_child_keeps_it_when_its_parent_is_gone(self, new_user: NewUser) -> None:
        worker = new_user()
        pid = worker.do(join)
        worker.begin(go_on_as_child)
        worker.result()
        assert worker.do(join) == pid
        worker.do(leave)
        wait_until(lambda: not is_alive(pid))

    def test_a_forked_child_keeps_it_when_its_parent_has_left(self, new_user: NewUser) -> None:
        worker = new_user()
        pid = worker.do(join)
        worker.do(fork_and_leave)
        with pytest.raises(TimeoutError):
            wait_until(lambda: not is_alive(pid), timeout=0.2)
        worker.do(leave)
        wait_until(lambda: not is_alive(pid))

    def test_who_left_can_come_back(self, server: EmbeddedServer) -> None:
        server.ensure()
        client_of(server).set("kept", "yes")
        server.release()
        server.ensure()
        assert client_of(server).get("kept") == "yes"


class TestAccidents:
    def test_killed_it_is_started_again_with_its_data(
        self, server: EmbeddedServer, folder: Path
    ) -> None:
        server.ensure()
        client_of(server).set("kept", "yes")
        os.kill(server_pid(server), signal.SIGKILL)
        server.ensure()
        assert client_of(server).get("kept") == "yes"
        assert number_of_starts(folder) == 2

    def test_one_that_hangs_up_is_dying_and_not_busy(self, tmp_path: Path) -> None:
        path = str(tmp_path / "s")
        with socket.create_server(path, family=socket.AF_UNIX) as dying:
            hanging_up = threading.Thread(target=lambda: dying.accept()[0].close())
            hanging_up.start()
            assert health(path) is Health.DOWN
            hanging_up.join()

    def test_an_orphan_whose_keeper_was_killed_finds_a_new_one(
        self, new_user: NewUser, folder: Path
    ) -> None:
        pid = new_user().do(join)
        os.kill(int((folder / "keeper.lock").read_text()), signal.SIGKILL)
        wait_until(lambda: not is_running(folder))
        newcomer = new_user()
        assert newcomer.do(join) == pid
        assert is_running(folder)

    def test_an_orphan_ends_with_its_last_user(self, new_user: NewUser, folder: Path) -> None:
        first, newcomer = new_user(), new_user()
        pid = first.do(join)
        os.kill(int((folder / "keeper.lock").read_text()), signal.SIGKILL)
        wait_until(lambda: not is_running(folder))
        newcomer.do(join)
        first.do(leave)
        newcomer.do(leave)
        wait_until(lambda: not is_alive(pid))

    def test_one_that_lost_its_socket_is_replaced_and_never_doubled(
        self, server: EmbeddedServer
    ) -> None:
        server.ensure()
        client_of(server).set("kept", "yes")
        lost = server_pid(server)
        Path(server.socket_path).unlink()
        server.ensure()
        assert not is_alive(lost)
        assert client_of(server).get("kept") == "yes"

    def test_one_that_hangs_is_an_error_soon_and_never_doubled(
        self, server: EmbeddedServer, folder: Path
    ) -> None:
        server.ensure()
        pid = server_pid(server)
        os.kill(pid, signal.SIGSTOP)
        began = time.monotonic()
        with pytest.raises(EmbeddedServerError, match="too busy"):
            server.ensure()
        assert time.monotonic() - began < BUSY_SECOND
        os.kill(pid, signal.SIGCONT)
        server.ensure()
        assert number_of_starts(folder) == 1
