"""The terminal, or what stands in its place: closed, full, or of another encoding.

In each case a command ends with one line and a status, and never with a traceback.
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
MOST_READ = 64 * 1024


class NullOutput(io.TextIOWrapper):
    """Takes the place of a standard output or error that is closed."""

    def __init__(self) -> None:
        super().__init__(io.BytesIO(), encoding="utf-8")

    def write(self, _text: str) -> int:
        return 0


class Guarded(click.Command):
    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,
    ) -> click.Context:
        prepare(args)
        if isinstance(sys.stdout, NullOutput):  # before a secret is made that could not be shown
            raise click.ClickException("Standard output is closed, so there can be no answer.")
        with failures_in_one_line():  # here --help is written
            return super().make_context(info_name, args, parent, **extra)

    def invoke(self, ctx: click.Context) -> Any:
        with failures_in_one_line():
            return super().invoke(ctx)


class Command(Guarded):
    """One that stands alone."""


class CommandGroup(Guarded, AppGroup):
    """Commands under one name."""


def prepare(args: Iterable[str]) -> None:
    """Make the standard streams usable. Raises UsageError for arguments that are not UTF-8."""
    if None in (sys.stdin, sys.stdout, sys.stderr):
        occupy_numbers()
    sys.stdin = sys.stdin or io.TextIOWrapper(io.BytesIO())
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, NullOutput())
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # what Latin-1 has no letter for
    if not all(is_text(argument) for argument in args):
        raise click.UsageError("An argument is not UTF-8 text.")


def occupy_numbers() -> None:
    """The next file that is opened would get the number of a closed stream, and its output."""
    while (number := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(number)


def is_text(argument: str) -> bool:
    """Bytes that are no text come as halves of surrogate pairs (PEP 383)."""
    return not any("\ud800" <= letter <= "\udfff" for letter in argument)


@contextmanager
def failures_in_one_line() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise  # `| head`: click ends without a word
    except UnicodeError:
        raise click.ClickException("Standard input is not UTF-8 text.") from None
    except OSError as error:
        reason = ": ".join(filter(None, (error.filename and str(error.filename), error.strerror)))
        raise click.ClickException(f"Can't read or write: {reason or error}.") from None


def ask_password() -> str:
    with warnings.catch_warnings():  # without a terminal: of Python's own files, to an operator
        warnings.simplefilter("ignore", GetPassWarning)
        typed: str = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    return without_controls(typed)


def read_password() -> str:
    """All of standard input, as UTF-8, without a byte order mark and one end of line."""
    sent = sys.stdin.buffer.read(MOST_READ + 1)
    if len(sent) > MOST_READ:
        raise click.ClickException("The password is too long.")
    text = sent.decode("utf-8-sig")
    text = text.removesuffix("\r\n") if text.endswith("\r\n") else text.removesuffix("\n")
    if not text:
        raise click.ClickException("There is no password on standard input.")
    return without_controls(text)


def without_controls(password: str) -> str:
    """No browser sends them in a password: with one, the account could not be signed in to."""
    if any(unicodedata.category(letter) == "Cc" for letter in password):
        raise click.ClickException(
            "The password holds a control character or a second line. Use one line of text."
        )
    return password
