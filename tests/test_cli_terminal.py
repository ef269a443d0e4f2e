"""Commands on terminals of all kinds: one line and a status, never a traceback."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, TextIO

import click
import pytest
from click.testing import CliRunner, Result
from flask import Flask
from flask.cli import ScriptInfo

from scripts.bootstrap import ROOT
from tests.support.api import Program
from tests.support.browser import EMAIL, Browser
from tests.support.commands import read, refusal, run
from webapp.cli import COMMANDS
from webapp.cli.terminal import Guarded

NEW = "neu@example.com"
GOOD = "ein ganz neuer Wollpullover für ả"
CREATE = ("users", "create", NEW, "--password-stdin")
# Each with all that it needs; none changes what another one finds.
CALLS = [
    ("clients", "list"),
    ("clients", "create", "shop"),
    ("doctor",),
    ("events", "list"),
    ("keys", "check"),
    ("keys", "generate", "k1"),
    ("keys", "list"),
    ("sessions", "list"),
    ("purge",),
    ("users", "list"),
    ("users", "show", EMAIL),
]
WITH_TEXT = [
    ("clients", "create", "{}"),
    ("clients", "create", "shop", "--name", "{}"),
    ("clients", "rotate-secret", "{}"),
    ("clients", "delete", "{}", "--yes"),
    ("doctor", "{}"),
    ("events", "list", "--user", "{}"),
    ("events", "list", "--since", "{}"),
    ("keys", "generate", "{}"),
    ("sessions", "list", "--user", "{}"),
    ("sessions", "show", "{}"),
    ("sessions", "end", "{}", "--yes"),
    ("users", "create", "{}", "--password-stdin"),
    ("users", "create", NEW, "--name", "{}", "--password-stdin"),
    ("users", "list", "{}"),
    ("users", "show", "{}"),
    ("users", "set-role", "{}", "admin"),
    ("users", "disable", "{}", "--yes"),
    ("users", "set-password", "{}", "--password-stdin"),
]


def sent(app: Flask, *arguments: str, stdin: bytes, charset: str = "utf-8") -> Result:
    info = ScriptInfo(create_app=lambda: app)
    return CliRunner(charset=charset).invoke(app.cli, arguments, input=stdin, obj=info)


def one_line(result: Result, status: int = 1) -> str:
    assert result.exit_code == status, (result.output, result.exception)
    assert isinstance(result.exception, SystemExit)
    (line,) = [line for line in result.stderr.splitlines() if line.startswith("Error: ")]
    return line.removeprefix("Error: ")


def test_every_command_is_guarded(app: Flask) -> None:
    context = click.Context(app.cli)
    assert all(isinstance(app.cli.get_command(context, name), Guarded) for name in COMMANDS)


class TestPassword:
    @pytest.mark.parametrize(
        "stdin",
        [
            GOOD.encode(),
            f"{GOOD}\n".encode(),
            f"{GOOD}\r\n".encode(),
            f"\ufeff{GOOD}\r\n".encode(),
        ],
        ids=["bare", "newline", "windows", "windows with a mark"],
    )
    @pytest.mark.parametrize("charset", ["utf-8", "latin-1"])
    def test_it_opens_the_account_in_the_browser_and_at_the_api(
        self, app: Flask, stdin: bytes, charset: str
    ) -> None:
        assert sent(app, *CREATE, stdin=stdin, charset=charset).exit_code == 0
        Browser(app).sign_in(NEW, GOOD)
        Program(app).log_in(NEW, GOOD)

    def test_blanks_around_it_are_part_of_it(self, app: Flask) -> None:
        assert sent(app, *CREATE, stdin=f" {GOOD} \n".encode()).exit_code == 0
        Browser(app).sign_in(NEW, f" {GOOD} ")

    @pytest.mark.parametrize(
        ("stdin", "words"),
        [
            (b"", "There is no password on standard input."),
            (b"\n", "There is no password on standard input."),
            (b"\xef\xbb\xbf\r\n", "There is no password on standard input."),
            (GOOD.encode("latin-1", "replace"), "Standard input is not UTF-8 text."),
            (GOOD.encode("utf-16"), "Standard input is not UTF-8 text."),
            (b"\x80" * 20, "Standard input is not UTF-8 text."),
            (b"a whole new \0 wool jumper\n", "control character"),
            (b"a whole new \t wool jumper\n", "control character"),
            (b"a whole new \x1b wool jumper\n", "control character"),
            (b"a whole new \x7f wool jumper\n", "control character"),
            ("a whole new \x85 wool jumper\n".encode(), "control character"),
            (b"a whole new wool jumper\n\n", "second line"),
            (b"a whole new wool jumper\r\r\n", "second line"),
            (b"a whole new\nwool jumper\n", "second line"),
            (b"x" * 100_000, "too long"),
        ],
    )
    def test_one_that_no_browser_could_send_is_refused(
        self, app: Flask, stdin: bytes, words: str
    ) -> None:
        for command in (CREATE, ("users", "set-password", EMAIL, "--password-stdin")):
            assert words in one_line(sent(app, *command, stdin=stdin))
        assert refusal(app, "users", "show", NEW)
        Browser(app).sign_in()

    def test_a_typed_one_is_held_to_the_same(self, app: Flask) -> None:
        typed = "a whole new \t wool jumper\n" * 2
        result = run(app, "users", "create", NEW, typed=typed)
        assert "control character" in one_line(result)

    def test_it_is_not_shown_when_it_is_refused(self, app: Flask) -> None:
        assert "jumper" not in sent(app, *CREATE, stdin=b"wool\0jumper wool jumper").output


@pytest.mark.parametrize("text", ["\udcff", "a\ud800b"], ids=["byte", "surrogate"])
def test_an_argument_that_is_no_text_is_a_wrong_use(app: Flask, text: str) -> None:
    for arguments in WITH_TEXT:
        result = run(app, *(argument.format(text) for argument in arguments))
        assert one_line(result, status=2) == "An argument is not UTF-8 text.", arguments


@pytest.mark.parametrize("charset", ["latin-1", "cp874"])
def test_a_terminal_without_our_letters(app: Flask, charset: str) -> None:
    run(app, *CREATE, "--name", "Nguyễn → Ả", typed=GOOD)
    for arguments in CALLS:
        result = sent(app, *arguments, stdin=b"", charset=charset)
        assert result.exception is None, (arguments, result.exc_info)
    listed = sent(app, "users", "list", stdin=b"", charset=charset)
    assert rb"Nguy\u1ec5n \u2192 \u1ea2" in listed.stdout_bytes


def answered_to(stdout: TextIO, app: Flask, *arguments: str) -> int:
    """The exit status."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdout", stdout)
        with pytest.raises(SystemExit) as end:
            app.cli.main(list(arguments), obj=ScriptInfo(create_app=lambda: app))
    with suppress(OSError):  # what could not be written is still there
        stdout.close()
    assert isinstance(end.value.code, int)
    return end.value.code


WITH_AN_ANSWER = [
    ("clients", "create", "shop"),
    ("doctor",),
    ("keys", "generate", "k1"),
    ("sessions", "list", "--json"),
    ("purge",),
    ("users", "list"),
]


def test_a_full_disk_behind_standard_output(app: Flask, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in [*WITH_AN_ANSWER, ("users", "--help"), ("doctor", "--help")]:
        assert answered_to(os.fdopen(os.open("/dev/full", os.O_WRONLY), "w"), app, *arguments) == 1
        line = "Error: Can't read or write: No space left on device."
        assert capsys.readouterr().err.splitlines()[-1] == line


def test_a_reader_that_has_gone_receives_nothing(
    app: Flask, capsys: pytest.CaptureFixture[str]
) -> None:
    for arguments in WITH_AN_ANSWER:
        reader, writer = os.pipe()
        os.close(reader)
        assert answered_to(os.fdopen(writer, "w"), app, *arguments) == 1
        assert "Error" not in capsys.readouterr().err


NAMES = {
    "": "with visible characters",
    "  ": "with visible characters",
    "\u200b\u2060": "with visible characters",
    "x" * 101: "at most 100",
    "a\nb": "can't be shown",
    "a\x1b[2J": "can't be shown",
    "a\0b": "can't be shown",
    "a\x9bb": "can't be shown",
}


@pytest.mark.parametrize(("name", "words"), NAMES.items())
def test_a_clients_name_that_is_none(app: Flask, name: str, words: str) -> None:
    assert words in refusal(app, "clients", "create", "shop", "--name", name)
    assert read(app, "clients", "list") == []


def test_a_clients_name_is_kept_as_other_names_are(app: Flask) -> None:
    run(app, "clients", "create", "shop", "--name", "  Ả  shop ")
    run(app, "clients", "create", "phone")
    assert [client["name"] for client in read(app, "clients", "list")] == ["phone", "Ả shop"]


@pytest.mark.parametrize("client_id", ["", "x" * 65, "a\nb", "a\x1b", "ả", "a b", "shop\n"])
def test_a_clients_id_that_is_none(app: Flask, client_id: str) -> None:
    assert refusal(app, "clients", "create", client_id)
    for command in (("rotate-secret",), ("delete", "--yes")):
        assert "There is no client" in refusal(app, "clients", *command, client_id)


def test_a_question_moves_no_cursor(app: Flask) -> None:
    result = run(app, "clients", "delete", "a\x1b[2J", typed="n\n")
    assert "\x1b" not in result.output


@pytest.mark.parametrize(
    "text",
    ["\0", "x" * 5000, "9" * 5000, "0001-01-01", "9999-12-31T23:59:59-14:00", "\U0010ffff"],
    ids=range(6),
)
def test_any_other_text_is_answered_or_refused_in_one_line(app: Flask, text: str) -> None:
    for arguments in WITH_TEXT:
        result = run(app, *(argument.format(text) for argument in arguments), typed=f"{GOOD}\n")
        assert result.exception is None or isinstance(result.exception, SystemExit), arguments


class TestProcess:
    """What only a process of its own shows: streams that are closed from the start."""

    @pytest.fixture
    def flask(self, environment: dict[str, str]) -> Callable[[str], Any]:
        inherited = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}

        def run(line: str, **more: str) -> "subprocess.CompletedProcess[bytes]":
            return subprocess.run(
                ["sh", "-c", f"{sys.executable} -m flask --app app {line}"],
                env=inherited | environment | more,
                cwd=ROOT,
                capture_output=True,
                check=False,
                timeout=60,
            )

        return run

    @pytest.mark.thorough("processes")
    @pytest.mark.parametrize(
        ("line", "status", "words"),
        [
            ("users create a@example.com --password-stdin <&-", 1, b"no password on standard"),
            ("users create a@example.com <&-", 1, b"Aborted!"),
            ("keys generate k1 >&-", 1, b"Standard output is closed"),
            ("users show \"$(printf '\\377')\" 2>&1", 2, b""),
            ("db upgrade \"$(printf '\\377')\"", 2, b"An argument is not UTF-8 text."),
            ("db current <&- >&- 2>&-", 0, b""),
        ],
    )
    def test_closed_streams_and_bytes_that_are_no_text(
        self, flask: Callable[..., Any], line: str, status: int, words: bytes
    ) -> None:
        done = flask(line)
        assert done.returncode == status, done
        assert words in done.stderr
        for noise in (b"Traceback", b"GetPassWarning"):
            assert noise not in done.stdout + done.stderr

    def test_a_closed_standard_error_is_not_given_to_the_database(
        self, flask: Callable[..., Any], environment: dict[str, str]
    ) -> None:
        done = flask("users list --json 2>&- <&-", PYTHONIOENCODING="latin-1")
        assert json.loads(done.stdout)[0]["email"]
        database = Path(environment["WEBAPP_INSTANCE_PATH"]) / "evergreen.db"
        if database.exists():
            assert database.read_bytes()[:6] == b"SQLite"
