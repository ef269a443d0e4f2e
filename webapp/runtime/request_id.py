"""Request ids: in the response, on the error page and in every log line."""

import logging
import os
import re
import uuid
from itertools import count
from typing import TYPE_CHECKING

from flask import g, has_app_context, has_request_context, request

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

ALLOWED = re.compile(r"[A-Za-z0-9._-]{1,64}")
# Key in the WSGI environment.
KEY = "evergreen.request_id"
NONE = "-"


def assign_request_id(environ: "WSGIEnvironment") -> str:
    """Use the proxy's id, unless it could forge a log line or a header; else a new one."""
    from_proxy: str = environ.get("HTTP_X_REQUEST_ID", "")
    name = from_proxy if ALLOWED.fullmatch(from_proxy) else new_request_id()
    environ[KEY] = name
    return name


def new_request_id() -> str:
    """A new id in the form of a UUID: a random part for the process, then a counter."""
    return f"{_process}{next(_numbers):012x}"


_numbers = count(1)
_process = ""


def _name_process() -> None:
    """Choose the process's part of the ids: all but the last twelve digits."""
    global _process
    _process = str(uuid.uuid4())[:-12]


_name_process()
os.register_at_fork(after_in_child=_name_process)


def request_id() -> str:
    """The id of this request, or of the request that queued this background task."""
    if has_request_context():
        return str(request.environ.get(KEY, NONE))
    return str(g.get("request_id", NONE)) if has_app_context() else NONE


def add_request_id(record: logging.LogRecord) -> bool:
    """Logging filter: add the request id to each record."""
    record.request_id = request_id()
    return True
