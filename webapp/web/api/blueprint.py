"""How a call is answered: bodies are parsed strictly, and every answer wears the envelope."""

from collections.abc import Callable
from functools import cache, wraps
from http import HTTPStatus
from typing import Any, NoReturn, TypeVar

from flask import Request
from flask_smorest import Blueprint
from marshmallow import Schema, ValidationError
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

from webapp.core.errors import ValidationFailed
from webapp.web.request_id import request_id

from .schemas import ErrorAnswer, envelope

View = TypeVar("View", bound=Callable[..., Any])


class StrictParser(FlaskParser):
    """415 for another type, 400 for what is no JSON, 422 for JSON that is not what we asked for."""

    def _get_schema(self, argmap: type[Schema], req: Request) -> Schema:  # type: ignore[override]
        return schema_of(argmap)

    def load_json(self, req: Request, schema: Schema) -> Any:
        if not req.is_json:
            raise UnsupportedMediaType
        if not req.get_data():
            raise BadRequest
        try:
            return super().load_json(req, schema)
        except (ValueError, RecursionError):  # numbers of 5,000 digits, 50,000 brackets
            raise BadRequest from None

    def _handle_invalid_json_error(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise BadRequest

    def handle_error(self, error: ValidationError, *args: Any, **kwargs: Any) -> NoReturn:
        fields: dict[str, list[str]] = {}
        messages: dict[str, Any] = error.normalized_messages()  # type: ignore[no-untyped-call]
        for complaints in messages.values():
            fields |= complaints if isinstance(complaints, dict) else {"body": complaints}
        raise ValidationFailed(fields)


@cache
def schema_of(kind: type[Schema]) -> Schema:
    """One for all requests: to make it takes as long as to read a token."""
    return kind()


class EnvelopeBlueprint(Blueprint):  # type: ignore[misc]
    ARGUMENTS_PARSER = StrictParser()

    def answers(
        self, status: HTTPStatus, schema: type[Schema] | None = None, description: str = ""
    ) -> Callable[[View], View]:
        """What a view returns becomes `data`; without a schema there is no body at all."""
        if schema is None:
            decorate: Callable[[View], View] = self.response(status, description=description)
            return decorate

        document = self.response(status, envelope(schema), description=description or None)

        def wrap(view: View) -> View:
            @wraps(view)
            def enveloped(*args: Any, **kwargs: Any) -> Any:
                data = view(*args, **kwargs)
                return {"status": status, "data": data, "requestId": request_id()}

            wrapped: View = document(enveloped)
            return wrapped

        return wrap

    def refuses(self, *statuses: int) -> Callable[[View], View]:
        """The errors that a call may end with, for the document; any may end with 429 or 503."""

        def wrap(view: View) -> View:
            documented = view
            for status in (*statuses, 429, 503):
                phrase = HTTPStatus(status).phrase
                describe = self.alt_response(status, schema=ErrorAnswer, description=phrase)
                documented = describe(documented)
            # Its words only: called through all of them, each would take its time.
            view.__dict__["_apidoc"] = documented.__dict__["_apidoc"]
            return view

        return wrap


api = EnvelopeBlueprint("api", __name__, url_prefix="/api/v1")
