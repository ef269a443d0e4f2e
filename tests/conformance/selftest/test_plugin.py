"""The pytest plugin: one test a check."""

import subprocess
import sys
from pathlib import Path

import pytest

import tests
from tests.conformance import ALL

ROOT = Path(tests.__file__).parent.parent
MODEL = "tests.conformance.selftest.model:ModelServer"
BROKEN = "tests.conformance.selftest.broken:OnlyOnce"


def run_pytest(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    command = ["-m", "pytest", "-q", "-p", "tests.conformance.pytest_plugin", "--noconftest"]
    return subprocess.run(
        [sys.executable, *command, *arguments],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_each_check_is_a_test_beside_the_own_ones(tmp_path: Path) -> None:
    (tmp_path / "test_own.py").write_text("def test_own():\n    assert True\n")
    done = run_pytest(tmp_path, "--conformance-adapter", MODEL, "--conformance-random", "5")
    assert f"{len(ALL) + 2} passed" in done.stdout
    assert done.returncode == 0


def test_a_failure_shows_the_exchanges(tmp_path: Path) -> None:
    done = run_pytest(tmp_path, "--conformance-adapter", BROKEN, "-k", "two_tabs")
    assert done.returncode == 1
    assert "the second tab is refused: refresh with R1 → 401 used" in done.stdout
    assert "  you          refresh with R1  →  401 used" in done.stdout


def test_what_is_not_applicable_is_skipped_with_its_reason(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(
        "from tests.conformance import Adapter, Tokens\n"
        "class Mine(Adapter):\n"
        "    def login(self): return Tokens('a')\n"
        "    def refresh(self, tokens): return Tokens(tokens.refresh + 'a')\n"
    )
    done = run_pytest(
        tmp_path, "--conformance-adapter", "mine:Mine", "-k", "logout_ends_refresh", "-rs"
    )
    assert "the adapter has no logout()" in done.stdout
    assert "1 skipped" in done.stdout


@pytest.mark.parametrize("place", ["nowhere:Adapter", "json:JSONDecoder", MODEL.partition(":")[0]])
def test_a_wrong_adapter_is_a_usage_error(tmp_path: Path, place: str) -> None:
    done = run_pytest(tmp_path, "--conformance-adapter", place)
    assert done.returncode == 4
    assert f"--conformance-adapter {place}: " in done.stderr


def test_without_an_adapter_nothing_is_added(tmp_path: Path) -> None:
    assert "no tests ran" in run_pytest(tmp_path).stdout
