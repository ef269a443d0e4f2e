"""The log: a line a fact, for programs as JSON and for people in words; never a secret.

Names, user agents and ids come from outside: none of them can end a line and begin another one.
"""

import json
import logging
import re
import traceback
from datetime import UTC, datetime
from typing import Any

from flask import Flask
from flask.logging import default_handler

from .request_id import NONE, add_name

# What is signed has a long part after a dot: access and refresh tokens, cookies, mailed links.
# It begins nowhere inside and goes back on nothing: no text takes the square of its length.
SIGNED = re.compile(r"(?<![\w.-])\.*+[\w-]++(?:\.++[\w-]++)*?\.++[\w-]{27,}+(?:\.++[\w-]++)*+")
# Whatever could end a line, or hide one from a terminal (CWE-117).
CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029]")
# Of exceptions that were raised while others were handled.
LONGEST_CHAIN = 10


def install(app: Flask, *, as_json: bool, in_full: bool) -> None:
    """For all that is logged in this process, by libraries too."""
    default_handler.addFilter(add_name)
    default_handler.setFormatter(JsonFormatter(in_full) if as_json else TextFormatter(in_full))
    logging.getLogger().addHandler(default_handler)  # it is there once, however often
    app.logger.removeHandler(default_handler)
    app.logger.setLevel(logging.INFO)


class TextFormatter(logging.Formatter):
    """`in_full`: with what exceptions say, which may hold an address or a password."""

    def __init__(self, in_full: bool) -> None:
        super().__init__()
        self._in_full = in_full

    def format(self, record: logging.LogRecord) -> str:
        facts = self._facts(record)
        head = "{time} {level} {request_id} {logger}: {message}".format(**facts)
        lines = f"{head}\n{facts['exception']}" if "exception" in facts else head
        # A line that belongs to the one before begins with a space; only ours begin without.
        return CONTROL.sub(escaped, lines).replace("\n", "\n  ")

    def _facts(self, record: logging.LogRecord) -> dict[str, Any]:
        facts = {
            "time": rfc3339(record.created),
            "level": record.levelname,
            "logger": record.name,
            "request_id": getattr(record, "request_id", NONE),
            "message": SIGNED.sub("[signed]", record.getMessage()),
        }
        error = record.exc_info[1] if record.exc_info else None
        if error:
            told = "".join(traceback.format_exception(error)) if self._in_full else where(error)
            facts["exception"] = SIGNED.sub("[signed]", told.rstrip())
        return facts


class JsonFormatter(TextFormatter):
    def format(self, record: logging.LogRecord) -> str:
        return json.dumps(self._facts(record) | getattr(record, "facts", {}), default=str)


def where(error: BaseException) -> str:
    """Which errors, and the way to each: not what they said."""
    told: list[str] = []
    following: BaseException | None = error
    while following and len(told) < LONGEST_CHAIN:
        told.append(f"{format_frames(following)}{type(following).__qualname__}")
        hidden = following.__suppress_context__
        following = following.__cause__ or (None if hidden else following.__context__)
    return "\n\nwhich led to:\n".join(reversed(told))


def format_frames(error: BaseException) -> str:
    """From call to call, without the marks that Python sets below each line: it parses the line for
    them, and up to 3.11.7 that can fail while another thread does the same (gh-106905).
    """
    calls = traceback.extract_tb(error.__traceback__)
    return "".join(
        f'  File "{call.filename}", line {call.lineno}, in {call.name}\n    {call.line}\n'
        for call in calls
    )


def rfc3339(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def escaped(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"
