"""Standard streams that are closed, full, or of another encoding.

In each case a command ends with one line and an exit status, never with a traceback.
"""

import io
import os
import sys
import unicodedata
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from getpass import GetPassWarning
from typing import Any

import click
from flask.cli import AppGroup

# Bytes. No password is that long.
MAX_INPUT = 64 * 1024


class NullOutput(io.TextIOWrapper):
    """Replaces a closed standard output or standard error."""

    def __init__(self) -> None:
        super().__init__(io.BytesIO(), encoding="utf-8")

    def write(self, _text: str) -> int:
        return 0


class Guarded(click.Command):
    """A command whose input and output errors are printed in one line."""

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,
    ) -> click.Context:
        prepare(args)
        if isinstance(sys.stdout, NullOutput):  # before a secret is made that could not be shown
            raise click.ClickException("Standard output is closed, so nothing can be printed.")
        with failures_in_one_line():  # --help writes here
            return super().make_context(info_name, args, parent, **extra)

    def invoke(self, ctx: click.Context) -> Any:
        with failures_in_one_line():
            return super().invoke(ctx)


class Command(Guarded):
    """A command without subcommands."""


class CommandGroup(Guarded, AppGroup):
    """Commands under one name."""


def prepare(args: Iterable[str]) -> None:
    """Make the standard streams usable. Raises UsageError for arguments that are not UTF-8."""
    if None in (sys.stdin, sys.stdout, sys.stderr):
        occupy_standard_descriptors()
    sys.stdin = sys.stdin or io.TextIOWrapper(io.BytesIO())
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, NullOutput())
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # for characters that Latin-1 lacks
    if not all(is_text(argument) for argument in args):
        raise click.UsageError("An argument is not UTF-8 text.")


def occupy_standard_descriptors() -> None:
    """Open the null device for closed streams: else a later file gets their number and output."""
    while (number := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(number)


def is_text(argument: str) -> bool:
    """Whether the argument was valid UTF-8: invalid bytes become lone surrogates (PEP 383)."""
    return not any("\ud800" <= character <= "\udfff" for character in argument)


@contextmanager
def failures_in_one_line() -> Iterator[None]:
    """Turn errors of reading and writing into click.ClickException."""
    try:
        yield
    except BrokenPipeError:
        raise  # `| head`: click exits silently
    except UnicodeError:
        raise click.ClickException("Standard input is not UTF-8 text.") from None
    except OSError as error:
        reason = ": ".join(filter(None, (error.filename and str(error.filename), error.strerror)))
        raise click.ClickException(f"Can't read or write: {reason or error}.") from None


def ask_password() -> str:
    """Prompt for a password, twice."""
    with warnings.catch_warnings():  # without a terminal, it would name Python's own files
        warnings.simplefilter("ignore", GetPassWarning)
        typed: str = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    return without_controls(typed)


def read_password() -> str:
    """Read standard input as UTF-8, without a byte order mark and without one final newline."""
    content = sys.stdin.buffer.read(MAX_INPUT + 1)
    if len(content) > MAX_INPUT:
        raise click.ClickException("The password is too long.")
    text = content.decode("utf-8-sig")
    text = text.removesuffix("\r\n") if text.endswith("\r\n") else text.removesuffix("\n")
    if not text:
        raise click.ClickException("There is no password on standard input.")
    return without_controls(text)


def without_controls(password: str) -> str:
    """Raises click.ClickException: browsers send no control characters, so sign-in would fail."""
    if any(unicodedata.category(character) == "Cc" for character in password):
        raise click.ClickException(
            "The password contains a control character or a second line. Use one line of text."
        )
    return password
