"""A name for each request: in its answer, on its error page and in every log line."""

import logging
import re
import uuid

from flask import Flask, Response, g, has_request_context, request

SANE = re.compile(r"[A-Za-z0-9._-]{1,64}")


def install(app: Flask) -> None:
    app.before_request(name_request)
    app.after_request(tell_name)


def name_request() -> None:
    """Keep the name that a proxy gave, unless it could forge a log line or a header."""
    given = request.headers.get("X-Request-ID", "")
    g.request_id = given if SANE.fullmatch(given) else str(uuid.uuid4())


def tell_name(response: Response) -> Response:
    response.headers["X-Request-ID"] = g.request_id
    return response


class RequestIdFilter(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = g.get("request_id", "-") if has_request_context() else "-"
        return True
