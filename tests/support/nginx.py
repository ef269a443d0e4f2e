"""A real nginx with the example of the documents, and apps behind it in processes of their own."""

import os
import pwd
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

from scripts.bootstrap import ROOT
from scripts.serve import answers
from tests.support.servers import free_port, wait_until

HOST = "evergreen.example"
EXAMPLE = ROOT / "docs" / "nginx.conf"
# Debian keeps it where only root looks.
PROGRAM = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin")


class AppProcess:
    """Granian with `app:app`, as the documents start it."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.port = free_port()
        self._environment = environment
        self._process: subprocess.Popen[bytes] | None = None

    def begin(self) -> None:
        command = ["-m", "granian", "--interface", "wsgi", "--http", "1", "--no-ws"]
        command += ["--blocking-threads", "64", "--http1-buffer-size", "16384"]
        command += ["--backlog", "4096", "--backpressure", "16384"]
        self._process = subprocess.Popen(
            [sys.executable, *command, "--port", str(self.port), "app:app"],
            env=self._environment,
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )

    def wait_until_ready(self) -> None:
        wait_until(lambda: answers(self.port), timeout=30)

    def kill(self) -> None:
        """Both its processes, without a shutdown."""
        assert self._process
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        wait_until(lambda: not answers(self.port))


class Nginx:
    """The file of the documents, with nothing changed but ports and paths."""

    host = HOST
    example = EXAMPLE

    def __init__(self, folder: Path, upstreams: list[int]) -> None:
        self.port, self.plain_port = free_port(), free_port()
        self.folder = folder
        self.certificate = folder / "fullchain.pem"
        self._upstreams = upstreams
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> "Nginx":
        assert PROGRAM, "the tests need nginx"
        self._make_certificate()
        path = self.folder / "nginx.conf"
        path.write_text(self._configuration())
        me = pwd.getpwuid(os.geteuid()).pw_name
        command = [PROGRAM, "-p", self.folder, "-c", path, "-g", f"daemon off; user {me};"]
        with (self.folder / "start.log").open("wb") as output:
            self._process = subprocess.Popen(command, stderr=output)
        wait_until(lambda: answers(self.port) or self._process.poll() is not None)
        assert self._process.poll() is None, (self.folder / "start.log").read_text()
        return self

    def stop(self) -> None:
        assert self._process
        self._process.send_signal(signal.SIGTERM)
        self._process.wait()

    def lines(self, method_and_path: str) -> list[str]:
        """What it logged of these requests: a log line is written after the answer."""
        return [line for line in self.log().splitlines() if f'"{method_and_path}"' in line]

    def log(self) -> str:
        return (self.folder / "access.log").read_text()

    def _configuration(self) -> str:
        text = self.example.read_text()
        for written, meant in self._changes().items():
            assert written in text, written
            text = text.replace(written, meant)
        return text

    def _changes(self) -> dict[str, str]:
        return self._paths() | {
            "/var/log/nginx/access.log": f"{self.folder}/access.log",
            "listen 80 ": f"listen 127.0.0.1:{self.plain_port} ",
            "127.0.0.1:5001": f"127.0.0.1:{self._upstreams[0]}",
            "127.0.0.1:5002": f"127.0.0.1:{self._upstreams[1]}",
        }

    def _paths(self) -> dict[str, str]:
        return {
            "/run/nginx.pid": str(self.folder / "nginx.pid"),
            "/var/log/nginx/error.log": f"{self.folder}/error.log",
            "/etc/nginx/evergreen/": f"{self.folder}/",
            "listen 443 ": f"listen 127.0.0.1:{self.port} ",
            "http {": f"http {{ {self._own_folders()}",
        }

    def _own_folders(self) -> str:
        """Where it would keep large bodies, if it may not write where Debian lets it."""
        kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        return " ".join(f"{kind}_temp_path {self.folder}/{kind};" for kind in kinds)

    def _make_certificate(self) -> None:
        key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        name = ["-subj", f"/CN={self.host}", "-addext", f"subjectAltName=DNS:{self.host}"]
        files = ["-keyout", self.folder / "privkey.pem", "-out", self.certificate]
        command = ["openssl", "req", "-x509", *key, *name, *files]
        subprocess.run(command, check=True, capture_output=True)


class ForwardNginx(Nginx):
    """Another app behind the sign-in: `upstreams` are Evergreen and that app."""

    host = "shop.example"
    example = ROOT / "docs" / "nginx-forward.conf"

    def _changes(self) -> dict[str, str]:
        evergreen, other = self._upstreams
        return self._paths() | {
            "127.0.0.1:5001": f"127.0.0.1:{evergreen}",
            "127.0.0.1:8000": f"127.0.0.1:{other}",
        }


def asked(line: str) -> list[str]:
    """The app processes that a log line names."""
    found = re.search(r'app="([^"]*)"', line)
    assert found, line
    return [] if found[1] == "-" else found[1].split(", ")
