"""The command, against servers of each kind that needs no code."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conformance.__main__ import main

from .broken import SilentReuse
from .http_model import PASSWORD, serving
from .model import ModelServer

BODY = json.dumps({"email": "ana@example.com", "password": PASSWORD})
COOKIES = ["--refresh-cookie", "refresh", "--access-cookie", "access"]
JSON = ["--refresh-field", "data.refresh_token", "--access-field", "access"]
# Checks that need a clock and URLs, and no operations; the last is for cookies alone.
WITHOUT_OPERATIONS = 22


class FileClock(ModelServer):
    """Its clock is moved by lines in a file, so that a shell command can do it."""

    def __init__(self, file: Path) -> None:
        self._file = file
        super().__init__()

    @property
    def now(self) -> float:
        text = self._file.read_text() if self._file.exists() else ""
        return self._start + sum(map(float, text.split()))

    @now.setter
    def now(self, start: float) -> None:
        self._start = start


class SilentFileClock(FileClock, SilentReuse):
    pass


@pytest.fixture
def model(tmp_path: Path) -> ModelServer:
    return FileClock(tmp_path / "clock")


@pytest.fixture
def address(model: ModelServer) -> Iterator[str]:
    with serving(model) as address:
        yield address


def options(address: str, tmp_path: Path, folder: str = "", *more: str) -> list[str]:
    urls = {name: f"{address}{folder}/{name}" for name in ("login", "refresh", "logout")}
    found = [item for name, url in urls.items() for item in (f"--{name}", url)]
    clock = f"advance=echo {{seconds}} >> {tmp_path / 'clock'}"
    found += ["--call", f"{address}{folder}/me", "--body", BODY, "--operation", clock]
    return [*found, "--grace", "30", "--absolute-limit", str(90 * 86400), *more]


def counts(capsys: pytest.CaptureFixture[str]) -> dict[str, int]:
    found: dict[str, int] = json.loads(capsys.readouterr().out)["counts"]
    return found


@pytest.mark.parametrize(
    ("folder", "more", "passed"),
    [
        ("", JSON, WITHOUT_OPERATIONS - 1),
        ("", [*JSON, "--form"], WITHOUT_OPERATIONS - 1),
        ("/cookie", COOKIES, WITHOUT_OPERATIONS),
        ("/page", [*COOKIES, "--form", "--from-page"], WITHOUT_OPERATIONS),
    ],
    ids=["JSON", "form", "cookies", "page"],
)
def test_a_plain_server_needs_no_code(
    address: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    folder: str,
    more: list[str],
    passed: int,
) -> None:
    assert main(options(address, tmp_path, folder, *more, "--format", "json")) == 0
    found = counts(capsys)
    assert (found["passed"], found["failed"], found["error"]) == (passed, 0, 0)


def test_operations_are_shell_commands(
    address: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    done = tmp_path / "done"
    more = [
        item
        for name in ("restart_store", "empty_store", "save_store", "roll_back_store")
        for item in ("--operation", f"{name}=echo {name} >> {done}")
    ]
    assert main(options(address, tmp_path, "", *JSON, *more, "--format", "json")) == 0
    assert counts(capsys)["passed"] == WITHOUT_OPERATIONS - 1 + 5
    assert set(done.read_text().split()) == {name.partition("=")[0] for name in more[1::2]} - {""}


def test_a_failed_check_is_status_1_and_says_what_was_seen(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with serving(SilentFileClock(tmp_path / "clock")) as address:
        found = options(address, tmp_path, "", *JSON, "--only", "replay_after_use")
        assert main(found) == 1
    said = capsys.readouterr().out
    assert "FAIL  replay_after_use" in said
    assert "the theft passes unnoticed: refresh with R3 → R4" in said
    assert "so:   The copy works, or its use passes unnoticed." in said


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--login", "127.0.0.1:80/login"], "a URL is http://"),
        (["--call", "http://127.0.0.1:99999/me"], "a URL is http://"),
        (["--refresh-body", '{"a": "b"}'], "{refresh} is not in it"),
        (["--output", "/nowhere/report"], "No such file or directory"),
        (["--body", "{"], "--body: no JSON"),
        (["--body", "[]"], "--body: no JSON object"),
        (["--operation", "explode=true"], "NAME is one of"),
        (["--header", "no colon"], "a header is NAME: VALUE"),
        (["--adapter", "tests.nowhere:Adapter"], "No module named"),
        (["--adapter", "json:JSONDecoder"], "it is no Adapter"),
        (["--login", "http://192.0.2.1/login"], "--host 192.0.2.1"),
        (["--login", ""], "--login missing"),
    ],
)
def test_a_wrong_option_is_status_2_and_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], more: list[str], said: str
) -> None:
    assert main([*options("http://127.0.0.1:9", tmp_path), *more]) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert said in line


def test_a_server_that_can_not_be_tested_is_status_2(
    address: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = json.dumps({"password": "wrong"})
    assert main([*options(address, tmp_path, "", *JSON), "--body", wrong]) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert line.endswith("the sign-in fails: 401 wrong_password")


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--refresh", "{}/nowhere"], "the first refresh fails: 404"),
        (["--call", "{}/nowhere"], "the first call fails: 404"),
    ],
)
def test_a_wrong_url_is_no_fault_of_the_server(
    address: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], more: list[str], said: str
) -> None:
    wrong = [each.format(address) for each in more]
    assert main([*options(address, tmp_path, "", *JSON), *wrong]) == 2
    assert said in capsys.readouterr().err


def test_a_wrong_field_is_shown_what_the_response_has(
    address: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(options(address, tmp_path)) == 2
    said = capsys.readouterr().err
    assert "no refresh_token in it, but the field data.refresh_token, the field access" in said
    assert main(options(address, tmp_path, "/cookie", "--refresh-cookie", "other")) == 2
    assert "no other in it, but the cookie refresh, the cookie access" in capsys.readouterr().err


def test_an_operation_that_does_not_end_is_stopped(
    address: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tests.conformance.operations.TIMEOUT", 0.2)
    only = ["--operation", "empty_store=sleep 600", "--only", "emptied_store_keeps_sessions"]
    assert main(options(address, tmp_path, "", *JSON, *only)) == 2
    assert "'sleep 600' has not ended after 0.2 s" in capsys.readouterr().out


def test_a_failed_operation_is_an_error_of_its_check(
    address: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    only = ["--operation", "empty_store=false", "--only", "emptied_store_keeps_sessions"]
    assert main(options(address, tmp_path, "", *JSON, *only)) == 2
    assert "'false' ends with 1" in capsys.readouterr().out
