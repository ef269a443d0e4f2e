"""The set-up: one command from nothing, and no second installation by accident."""

import ast
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts import bootstrap

ROOT = bootstrap.ROOT
LOCKS = ROOT / "scripts" / "requirements"


class Project:
    """A project with nothing but the bootstrap, and locks that name no package."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.lock = root / "scripts" / "requirements" / "app.txt"
        self.lock.parent.mkdir(parents=True)
        (root / "scripts" / "bootstrap.py").write_text(Path(bootstrap.__file__).read_text())
        (root / "main.py").write_text(MAIN)
        for name in ("app", "tests"):
            self.lock.with_stem(name).write_text("# none\n")

    def begin(self, *arguments: str, **settings: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, "main.py", *arguments],
            cwd=self.root,
            env={**os.environ, **settings},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(self, *arguments: str, **settings: str) -> tuple[int, str, str]:
        process = self.begin(*arguments, **settings)
        output, errors = process.communicate()
        return process.returncode, output, errors

    def python_used(self) -> str:
        status, output, errors = self.run()
        assert status == 0, errors
        used: str = json.loads(output)["prefix"]
        return used


MAIN = """
from scripts.bootstrap import ensure
ensure("app")
import json, sys
print(json.dumps({"prefix": sys.prefix, "arguments": sys.argv[1:]}))
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path / "project")


@pytest.fixture
def ctrl_c() -> Iterator[None]:
    """A shell makes what it runs in the background deaf to it, and so all its children."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


class TestBootstrap:
    def test_it_goes_on_in_the_project_s_own_python(self, project: Project) -> None:
        """Another environment is active here: that of these tests. It is not used."""
        status, output, errors = project.run("--flag", "an argument")
        assert status == 0, errors
        used = {"prefix": str(project.root / ".venv"), "arguments": ["--flag", "an argument"]}
        assert json.loads(output) == used

    @pytest.mark.thorough("installation")
    def test_the_second_start_has_nothing_to_do_or_say(self, project: Project) -> None:
        project.run()
        assert project.run()[2] == ""

    @pytest.mark.thorough("installation")
    def test_a_changed_lock_is_installed(self, project: Project) -> None:
        project.run()
        project.lock.write_text("# none either\n")
        assert "installing scripts/requirements/app.txt" in project.run()[2]
        assert project.run()[2] == ""

    @pytest.mark.thorough("installation")
    def test_a_changed_python_gets_a_new_environment(self, project: Project) -> None:
        project.run()
        stamp = project.root / ".venv" / "installed-app"
        stamp.write_text(stamp.read_text().replace("python3.", "python2."))
        assert "making .venv" in project.run()[2]

    @pytest.mark.thorough("installation")
    def test_an_interrupted_one_is_made_anew(self, project: Project) -> None:
        project.run()
        remains = project.root / ".venv" / "half-copied"
        remains.touch()
        (project.root / ".venv" / "installed-app").unlink()
        project.python_used()
        assert not remains.exists()

    @pytest.mark.thorough("installation")
    @pytest.mark.usefixtures("ctrl_c")
    def test_ctrl_c_is_quiet_and_the_next_start_repairs(self, project: Project) -> None:
        process = project.begin()
        assert process.stderr
        process.stderr.readline()
        os.killpg(process.pid, signal.SIGINT)
        assert "Traceback" not in process.communicate()[1]
        assert process.returncode == 130
        assert project.python_used() == str(project.root / ".venv")

    @pytest.mark.thorough("installation")
    def test_of_two_terminals_one_installs_and_one_waits(self, project: Project) -> None:
        both = [project.begin(), project.begin()]
        said = "".join(process.communicate()[1] for process in both)
        assert [process.returncode for process in both] == [0, 0]
        assert said.count("making .venv") == 1
        assert said.count("waiting for it") == 1

    def test_a_container_can_skip_it(self, project: Project) -> None:
        _, output, _ = project.run(WEBAPP_BOOTSTRAP="0")
        assert json.loads(output)["prefix"] == sys.prefix
        assert not (project.root / ".venv").exists()

    @pytest.mark.thorough("installation")
    def test_a_package_that_can_t_be_had_is_one_line(self, project: Project) -> None:
        project.lock.write_text("evergreen-has-no-such-package==1\n")
        status, _, errors = project.run(PIP_NO_INDEX="1")
        assert status == 1
        assert "evergreen-has-no-such-package" in errors.splitlines()[-1]
        assert "Traceback" not in errors

    def test_an_old_python_gets_one_clear_line(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setattr(sys, "version_info", (3, 9, 2, "final", 0))
        with pytest.raises(SystemExit):
            bootstrap.require_supported_system()
        assert "needs Python 3.11" in capsys.readouterr().err

    @pytest.mark.parametrize("name", ["app.py", "scripts/bootstrap.py", "tests/__main__.py"])
    def test_an_old_python_can_read_what_tells_it_so(self, name: str) -> None:
        ast.parse((ROOT / name).read_text(), feature_version=(3, 8))


class TestLocks:
    @pytest.mark.parametrize("name", ["app", "tests", "bench"])
    def test_they_name_no_machine_and_no_index(self, name: str) -> None:
        lines = (LOCKS / f"{name}.txt").read_text().splitlines()
        package = re.compile(r"[a-z0-9.-]+==\S+( ; .*)? \\|    --hash=sha256:[0-9a-f]{64}( \\)?")
        assert [line for line in lines if not package.fullmatch(line)] == []

    @pytest.mark.parametrize("name", ["tests", "bench"])
    def test_who_has_more_packages_has_the_app_s(self, name: str) -> None:
        app, more = pins(LOCKS / "app.txt"), pins(LOCKS / f"{name}.txt")
        assert app <= more


def pins(lock: Path) -> set[str]:
    return set(re.findall(r"^\S+==\S+", lock.read_text(), re.MULTILINE))
