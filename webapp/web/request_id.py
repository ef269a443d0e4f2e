"""A name for each request: in its answer, on its error page and in every log line."""

import logging
import re
import uuid

from flask import Flask, Response, g, has_app_context, request
from flask.logging import default_handler

SANE = re.compile(r"[A-Za-z0-9._-]{1,64}")


LOG_LINE = logging.Formatter("%(asctime)s %(levelname)s %(request_id)s %(name)s: %(message)s")


def install(app: Flask) -> None:
    app.logger.setLevel(logging.INFO)  # asking for it gives it Flask's handler
    default_handler.addFilter(add_name)
    default_handler.setFormatter(LOG_LINE)
    app.before_request(name_request)
    app.after_request(tell_name)


def name_request() -> None:
    """Keep the name that a proxy gave, unless it could forge a log line or a header."""
    given = request.headers.get("X-Request-ID", "")
    g.request_id = given if SANE.fullmatch(given) else str(uuid.uuid4())


def tell_name(response: Response) -> Response:
    response.headers["X-Request-ID"] = g.request_id
    return response


def add_name(record: logging.LogRecord) -> bool:
    record.request_id = g.get("request_id", "-") if has_app_context() else "-"
    return True
