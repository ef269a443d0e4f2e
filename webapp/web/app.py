"""Flask, by the shortest way through a request.

None of what is left out here takes long. But all of it together, each time, took more than a
quarter of a signed-in page's CPU time. Functions for some requests alone are called as ever; what
can't be had any more are coroutines, routes that ask for a host or subdomain, and TRUSTED_HOSTS.
"""

from collections.abc import Callable, Iterable
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, cast

from flask import Flask, Request, Response, request
from flask.globals import request_ctx
from flask.signals import request_tearing_down
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import BadRequest
from werkzeug.routing import MapAdapter

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


class Question(Request):
    @cached_property
    def args(self) -> MultiDict[str, str]:
        """What stands behind the `?`. Raises BadRequest if it is no text; Flask fails."""
        try:
            return super().args
        except UnicodeDecodeError:
            raise BadRequest from None


class Answer(Response):
    _whole: object = None

    def set_data(self, value: bytes | str) -> None:
        """One piece, whose length its headers tell."""
        super().set_data(value)
        self._whole = self.response

    def __call__(self, environ: "WSGIEnvironment", start: "StartResponse") -> Iterable[bytes]:
        """What is still as it was made goes out as it is. Flask looks at each header once more."""
        is_whole = self.response is self._whole and not self._on_close
        if not is_whole or self.status_code != 200 or environ["REQUEST_METHOD"] == "HEAD":
            return super().__call__(environ, start)
        start(self.status, self.headers.to_wsgi_list())
        return cast(list[bytes], self.response)


class App(Flask):
    request_class = Question
    response_class = Answer

    def create_url_adapter(self, request: Request | None) -> MapAdapter | None:
        """Of whichever host: no route asks for one. Flask looks at it twice."""
        if request is None:
            return super().create_url_adapter(None)
        return MapAdapter(
            self.url_map,
            server_name=usable(request.host),
            script_name=request.root_path,
            subdomain="",
            url_scheme=request.scheme,
            path_info=request.environ["PATH_INFO"] and request.path,
            default_method=request.method,
            query_args=request.query_string.decode(errors="replace"),
        )

    def preprocess_request(self) -> ResponseReturnValue | None:
        """What is to be done before each request, if there is nothing for some of them alone."""
        if self.url_value_preprocessors or self.before_request_funcs.keys() - {None}:
            return super().preprocess_request()
        for prepare in self.before_request_funcs[None]:
            answer = prepare()
            if answer is not None:
                return cast(ResponseReturnValue, answer)
        return None

    def process_response(self, response: Response) -> Response:
        """What this request has asked for, and its session."""
        if self.after_request_funcs:
            return super().process_response(response)
        context = request_ctx._get_current_object()  # type: ignore[attr-defined]
        for finish in context._after_request_functions:
            response = finish(response)
        self.session_interface.save_session(self, context._session, response)
        return response

    def do_teardown_request(self, exc: BaseException | None = None) -> None:
        if self.teardown_request_funcs or request_tearing_down.receivers:
            super().do_teardown_request(exc)

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Nothing here is a coroutine; asking that of each function each time takes a while."""
        return func

    def log_exception(self, exc_info: Any) -> None:
        """Of which route, and not of which address: that may be a mailed link."""
        self.logger.error("Exception on %s %s", request.method, request.url_rule, exc_info=exc_info)


@lru_cache(maxsize=64)
def usable(host: str) -> str:
    """For addresses; empty, as Flask has it for one with wrong letters, if no host is called so."""
    try:
        host.partition(":")[0].encode("idna")
    except UnicodeError:
        return ""
    return host
