"""`python3 app.py` and its like: what they say, and what they leave behind."""

import os
import re
import signal
import subprocess
import sys
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from scripts.bootstrap import ROOT
from scripts.serve import answers
from tests.support.servers import free_port, wait_until
from webapp.store.redis.embedded.server import has_supervisor

PATIENCE = 30  # seconds; a machine may be busy

SECRETS = {
    "WEBAPP_SECRET_KEY": "s" * 43,
    "WEBAPP_ACCESS_TOKEN_KEYS": f"a1:{'a' * 43}",
    "WEBAPP_REFRESH_TOKEN_KEYS": f"r1:{'r' * 43}",
    "WEBAPP_BCRYPT_ROUNDS": "12",
}


class Run:
    """`python3 app.py` in a terminal of its own."""

    def __init__(self, instance: Path, **settings: str) -> None:
        self.port = settings.setdefault("PORT", str(free_port()))
        self.url = f"http://localhost:{self.port}"
        self.instance = instance
        self._output = instance.with_suffix(".log")
        with self._output.open("w") as output:
            self.process = subprocess.Popen(
                [sys.executable, ROOT / "app.py"],
                env=environment(instance, **settings),
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=instance.parent,
                start_new_session=True,
            )

    @property
    def output(self) -> str:
        return self._output.read_text()

    def wait_until_ready(self) -> "Run":
        wait_until(lambda: "is running at" in self.output or self.process.poll() is not None)
        assert self.process.poll() is None, self.output
        return self

    def use_redis(self) -> None:
        """Sign in as the demo account, so that the embedded server is started."""
        found = re.search(r"demo account +(\S+), password: (.+)", self.output)
        assert found, self.output
        form = {"email": found[1], "password": found[2]}
        sign_in(f"{self.url}/login", form)
        assert has_supervisor(self.instance / "redis")

    def press_ctrl_c(self) -> None:
        """A terminal sends it to all that runs in it."""
        os.killpg(self.process.pid, signal.SIGINT)

    def has_left_nothing(self) -> bool:
        redis = self.instance / "redis"
        return not group_exists(self.process.pid) and not (redis.exists() and has_supervisor(redis))


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Run]]:
    runs: list[Run] = []

    def start(**settings: str) -> Run:
        runs.append(Run(tmp_path / f"instance-{len(runs)}", **settings))
        return runs[-1]

    yield start
    for run in runs:
        if group_exists(run.process.pid):
            os.killpg(run.process.pid, signal.SIGKILL)
        run.process.wait()


def environment(instance: Path, **settings: str) -> dict[str, str]:
    ours = ("WEBAPP_", "FLASK_", "REDIS_URL", "DATABASE_URL")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    fast = {"WEBAPP_INSTANCE_PATH": str(instance), "WEBAPP_BCRYPT_ROUNDS": "4"}
    return inherited | fast | settings


def group_exists(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def sign_in(url: str, form: dict[str, str]) -> None:
    cookies = urllib.request.HTTPCookieProcessor()
    browser = urllib.request.build_opener(cookies)
    with browser.open(url) as page:
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.read().decode())
    assert token
    data = urllib.parse.urlencode(form | {"csrf_token": token[1]}).encode()
    with browser.open(url, data) as answer:
        assert answer.status == 200
    assert "refresh_token" in {cookie.name for cookie in cookies.cookiejar}


class TestApp:
    def test_it_serves_where_it_says(self, start: Callable[..., Run]) -> None:
        run = start().wait_until_ready()
        assert run.url in run.output
        with urllib.request.urlopen(run.url) as page:
            assert page.status == 200

    @pytest.mark.parametrize(
        "signum",
        [signal.SIGTERM, pytest.param(signal.SIGINT, marks=pytest.mark.thorough("processes"))],
    )
    def test_it_stops_at_once_and_leaves_nothing(
        self, start: Callable[..., Run], signum: signal.Signals
    ) -> None:
        run = start().wait_until_ready()
        run.use_redis()
        if signum == signal.SIGINT:
            run.press_ctrl_c()
        else:
            run.process.terminate()
        assert run.process.wait(PATIENCE) == 0
        wait_until(run.has_left_nothing)
        assert "Traceback" not in run.output

    @pytest.mark.thorough("processes")
    def test_signals_that_come_all_at_once_stop_it_as_well(self, start: Callable[..., Run]) -> None:
        run = start().wait_until_ready()
        for signum in (signal.SIGTERM, signal.SIGHUP, signal.SIGTERM):
            run.process.send_signal(signum)
        assert run.process.wait(PATIENCE) == 0

    @pytest.mark.thorough("processes")
    def test_ctrl_c_during_the_start_is_quiet(self, start: Callable[..., Run]) -> None:
        run = start(PYTHONPROFILEIMPORTTIME="1")
        wait_until(lambda: "granian" in run.output)
        run.press_ctrl_c()
        run.process.wait(PATIENCE)
        wait_until(run.has_left_nothing)
        assert "is running" not in run.output
        assert "KeyboardInterrupt" not in run.output

    def test_killed_it_takes_its_worker_and_its_server_with_it(
        self, start: Callable[..., Run]
    ) -> None:
        run = start().wait_until_ready()
        run.use_redis()
        run.process.kill()
        wait_until(lambda: not answers(int(run.port)))
        wait_until(lambda: not has_supervisor(run.instance / "redis"))

    @pytest.mark.thorough("processes")
    def test_without_its_worker_it_ends_and_says_so(self, start: Callable[..., Run]) -> None:
        run = start().wait_until_ready()
        os.kill(worker_of(run), signal.SIGKILL)
        assert run.process.wait(PATIENCE) == 2
        assert "the worker has ended" in run.output

    @pytest.mark.thorough("processes")
    def test_a_taken_port_is_one_line(self, start: Callable[..., Run]) -> None:
        first = start().wait_until_ready()
        second = start(PORT=first.port)
        assert second.process.wait(PATIENCE) == 2
        assert second.output.count("\n") == 1
        assert first.port in second.output

    @pytest.mark.parametrize("name", ["PORT", "WEBAPP_ACCESS_TOKEN_TTL"])
    def test_a_wrong_setting_is_one_line(self, start: Callable[..., Run], name: str) -> None:
        run = start(**{name: "soon"})
        assert run.process.wait(PATIENCE) == 2
        assert run.output.count("\n") == 1
        assert name in run.output


def worker_of(run: Run) -> int:
    pid = run.process.pid
    return int(Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0])


class TestOtherServers:
    """`app:app`, as `flask run`, Granian and Gunicorn import it."""

    def test_production_without_secrets_is_one_line(self, tmp_path: Path) -> None:
        done = import_app(tmp_path)
        assert done.returncode == 2
        assert done.stderr.count("\n") == 1
        assert "WEBAPP_SECRET_KEY" in done.stderr

    @pytest.mark.thorough("processes")
    def test_granian_shows_that_line_and_no_traceback(self, tmp_path: Path) -> None:
        command = ["-m", "granian", "--interface", "wsgi", "--http", "1"]
        command += ["--port", str(free_port()), "app:app"]
        done = python(*command, **environment(tmp_path))
        assert done.returncode != 0
        assert "WEBAPP_SECRET_KEY" in done.stderr
        assert "Traceback" not in done.stdout + done.stderr

    @pytest.mark.thorough("processes")
    def test_flask_debug_is_development(self, tmp_path: Path) -> None:
        assert import_app(tmp_path, FLASK_DEBUG="1").returncode == 0
        done = python("-m", "flask", "--debug", "routes", **environment(tmp_path))
        assert "/login" in done.stdout, done.stderr

    @pytest.mark.thorough("processes")
    def test_flask_db_upgrade_makes_the_tables_of_production(self, tmp_path: Path) -> None:
        settings = environment(tmp_path, **SECRETS)
        done = python("-m", "flask", "db", "upgrade", **settings)
        assert done.returncode == 0, done.stderr
        assert "(head)" in python("-m", "flask", "db", "current", **settings).stdout
        listed = python("-m", "flask", "users", "list", **settings)
        assert listed.returncode == 0, listed.stderr
        for command in (done, listed):
            assert command.stderr.count("Warning: DATABASE_URL is not set") == 1, command.stderr

    @pytest.mark.thorough("processes")
    def test_flask_db_repeats_what_is_wrong_with_the_settings(self, tmp_path: Path) -> None:
        done = python("-m", "flask", "db", "upgrade", **environment(tmp_path))
        assert done.returncode == 2
        assert "WEBAPP_SECRET_KEY" in done.stderr


def import_app(instance: Path, **settings: str) -> "subprocess.CompletedProcess[str]":
    return python("-c", "import app; app.app", **environment(instance, **settings))


def python(*arguments: str, **env: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, *arguments], env=env, cwd=ROOT, capture_output=True, text=True, check=False
    )
