"""The Flask app's class: plain Flask, but for four things.

Every route declares its permission before it is added. A query string that is no text is a 400.
The log of an exception names the route and not the URL, which may be a mailed link.
`static_files.py` sends the static files.
"""

from functools import cached_property
from typing import Any

import flask
from flask import Flask, Response, request
from flask.typing import RouteCallable
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import BadRequest

from .auth.authorization import permission_of
from .static_files import send_static


class Request(flask.Request):
    @cached_property
    def args(self) -> MultiDict[str, str]:
        """The query string's fields. Raises BadRequest for bytes that are not ASCII."""
        try:
            return super().args
        except UnicodeDecodeError:
            raise BadRequest from None


class EvergreenFlask(Flask):
    request_class = Request

    def add_url_rule(
        self,
        rule: str,
        endpoint: str | None = None,
        view_func: RouteCallable | None = None,
        provide_automatic_options: bool | None = None,
        **options: Any,
    ) -> None:
        """As Flask's. Raises UndeclaredRoute.

        A rule without a view is checked when the view runs: `app.endpoint` brings it later.
        """
        if view_func is not None:
            permission_of(self, endpoint or view_func.__name__, view_func)
        super().add_url_rule(rule, endpoint, view_func, provide_automatic_options, **options)

    def send_static_file(self, filename: str) -> Response:
        return send_static(str(self.static_folder), filename)

    def log_exception(self, exc_info: Any) -> None:
        self.logger.error("Exception on %s %s", request.method, request.url_rule, exc_info=exc_info)
