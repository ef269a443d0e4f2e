"""An endpoint of the API: declared at its view, answered here, documented by `openapi.py`.

Bodies are parsed strictly, and every response has the envelope.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from http import HTTPStatus
from typing import Any, TypeVar

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue
from marshmallow import Schema

from webapp.core.errors import EvergreenError
from webapp.runtime.request_id import request_id
from webapp.web.json_body import json_body

from .schemas import instance_of, load

View = TypeVar("View", bound=Callable[..., Any])

api = Blueprint("api", __name__, url_prefix="/api/v1")


@dataclass(frozen=True)
class Endpoint:
    """A view gets the validated body or query as its first argument, and returns the data."""

    tag: str
    method: str
    path: str
    view: Callable[..., Any]
    answer: type[Schema] | None = None
    """Without one, the response has no content."""
    status: HTTPStatus = HTTPStatus.OK
    body: type[Schema] | None = None
    query: type[Schema] | None = None
    errors: tuple[type[EvergreenError], ...] = ()
    """Further errors, beside those that follow from the other fields (errors.py)."""

    def __call__(self, **ids: str) -> ResponseReturnValue:
        """Raises UnsupportedMediaType (415), BadRequest (400), ValidationFailed (422)."""
        if self.body:
            data = self.view(load(self.body, json_body()), **ids)
        elif self.query:
            data = self.view(load(self.query, request.args.to_dict()), **ids)
        else:
            data = self.view(**ids)
        if not self.answer:
            return Response(status=self.status, mimetype="application/json")
        dumped = instance_of(self.answer).dump(data)
        return {"status": self.status, "data": dumped, "requestId": request_id()}, self.status


# In the order of the document.
endpoints: list[Endpoint] = []


def endpoint(tag: str, method: str, path: str, **more: Any) -> Callable[[View], View]:
    """Of a view, how it is called: `more` are further fields of `Call`."""

    def declared(view: View) -> View:
        call = Endpoint(tag, method, path, view, **more)
        endpoints.append(call)

        @wraps(view)  # who may call it is declared on the view
        def answer(**ids: str) -> ResponseReturnValue:
            return call(**ids)

        api.add_url_rule(path, view.__name__, answer, methods=[method])
        return view

    return declared
