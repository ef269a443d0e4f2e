"""A name for each request: in its answer, on its error page and in every log line."""

import logging
import os
import re
import uuid
from itertools import count
from typing import TYPE_CHECKING

from flask import g, has_app_context, has_request_context, request

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

SANE = re.compile(r"[A-Za-z0-9._-]{1,64}")
# Where it stands in the WSGI environment.
KEY = "evergreen.request_id"
NONE = "-"


def assign_request_id(environ: "WSGIEnvironment") -> str:
    """Keep the name that a proxy gave, unless it could forge a log line or a header."""
    given: str = environ.get("HTTP_X_REQUEST_ID", "")
    name = given if given and SANE.fullmatch(given) else new_name()
    environ[KEY] = name
    return name


def new_name() -> str:
    """Shaped like a UUID: random for the process, counted in it."""
    return f"{_process}{next(_numbers):012x}"


_numbers = count(1)
_process = ""


def _name_process() -> None:
    """All but the last twelve digits of its names; others after a fork."""
    global _process
    _process = str(uuid.uuid4())[:-12]


_name_process()
os.register_at_fork(after_in_child=_name_process)


def request_id() -> str:
    """Of this request, or of the one that this work was left over from."""
    if has_request_context():
        return str(request.environ.get(KEY, NONE))
    return str(g.get("request_id", NONE)) if has_app_context() else NONE


def add_name(record: logging.LogRecord) -> bool:
    record.request_id = request_id()
    return True
