"""Log formats: text for people, JSON for programs; tokens are masked.

Names, user agents and ids come from outside: none of them can start a new log line (CWE-117).
"""

import json
import logging
import re
import traceback
from datetime import UTC, datetime
from typing import Any

from flask import Flask
from flask.logging import default_handler

from .request_id import NONE, add_request_id

# Signed text has a long part after a dot: access and refresh tokens, cookies, mailed links. The
# possessive quantifiers avoid backtracking, so that no text takes quadratic time.
SIGNED = re.compile(r"(?<![\w.-])\.*+[\w-]++(?:\.++[\w-]++)*?\.++[\w-]{27,}+(?:\.++[\w-]++)*+")
# Characters that could end a line, or hide one on a terminal (CWE-117).
CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029]")
# Chained exceptions that are logged.
MAX_CHAIN = 10


def install(app: Flask, *, as_json: bool, in_full: bool) -> None:
    """Set the format of all logs of this process, also of libraries."""
    default_handler.addFilter(add_request_id)
    default_handler.setFormatter(JsonFormatter(in_full) if as_json else TextFormatter(in_full))
    logging.getLogger().addHandler(default_handler)  # addHandler adds it only once
    app.logger.removeHandler(default_handler)
    app.logger.setLevel(logging.INFO)


class TextFormatter(logging.Formatter):
    """`in_full`: with messages of exceptions, which may hold an e-mail or a password."""

    def __init__(self, in_full: bool) -> None:
        super().__init__()
        self._in_full = in_full

    def format(self, record: logging.LogRecord) -> str:
        facts = self._facts(record)
        head = "{time} {level} {request_id} {logger}: {message}".format(**facts)
        lines = f"{head}\n{facts['exception']}" if "exception" in facts else head
        # Continuation lines start with a space; only new entries start without.
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
            full = self._in_full
            text = "".join(traceback.format_exception(error)) if full else format_chain(error)
            facts["exception"] = SIGNED.sub("[signed]", text.rstrip())
        return facts


class JsonFormatter(TextFormatter):
    def format(self, record: logging.LogRecord) -> str:
        return json.dumps(self._facts(record) | getattr(record, "facts", {}), default=str)


def format_chain(error: BaseException) -> str:
    """The chain of exceptions with their frames, without their messages."""
    parts: list[str] = []
    following: BaseException | None = error
    while following and len(parts) < MAX_CHAIN:
        parts.append(f"{format_frames(following)}{type(following).__qualname__}")
        hidden = following.__suppress_context__
        following = following.__cause__ or (None if hidden else following.__context__)
    return "\n\nwhich led to:\n".join(reversed(parts))


def format_frames(error: BaseException) -> str:
    """The frames of a traceback, without the `^^^^` marks below each line.

    To place those, Python parses the line, which up to 3.11.7 can fail in threads (gh-106905).
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
