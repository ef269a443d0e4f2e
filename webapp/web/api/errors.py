"""The errors of the API, from the tables of the code: status, code and message."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus

from webapp.core.errors import (
    Conflict,
    EvergreenError,
    Forbidden,
    RateLimited,
    SessionEnded,
    TokenExpired,
    TokenInvalid,
    TokenMissing,
    Unavailable,
    ValidationFailed,
    WrongPassword,
)
from webapp.web.auth.authorization import DECLARATION, PUBLIC
from webapp.web.error_handlers import API_MESSAGES, PAGES, status_of_kind

from .endpoints import Endpoint, endpoints
from .schemas import instance_of
from .types import Json

# Any call may end with these: too many tries, an outage.
ALWAYS = (RateLimited, Unavailable)
OF_THE_SIGNED_IN = (TokenMissing, TokenExpired, TokenInvalid, SessionEnded, Forbidden)
# Of HTTP itself, and of calls with a body.
OF_BODIES = (
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
)
OF_THE_SERVER = (HTTPStatus.METHOD_NOT_ALLOWED, HTTPStatus.INTERNAL_SERVER_ERROR)
EXAMPLE_ID = "7d0c1b52-4b8a-4a53-9a0c-2f3b8d1c6a11"


@dataclass(frozen=True)
class ApiError:
    name: str
    status: int
    code: str
    message: str
    fields: Json | None = None

    @property
    def example(self) -> Json:
        error: Json = {"code": self.code, "message": self.message}
        error |= {"fields": self.fields} if self.fields else {}
        return {"status": self.status, "error": error, "requestId": EXAMPLE_ID}


def errors_of(call: Endpoint) -> list[ApiError]:
    """All errors with which the call may end, by status."""
    kinds = [*call.errors, *(() if is_open(call) else OF_THE_SIGNED_IN), *ALWAYS]
    kinds += [ValidationFailed] if call.body or call.query else []
    found = [of_kind(kind, call) for kind in dict.fromkeys(kinds)]
    found += [of_status(status) for status in OF_BODIES] if call.body else []
    return sorted(found, key=lambda error: error.status)


def all_errors() -> list[ApiError]:
    """One of each code and status, by status."""
    found = [of_status(status) for status in OF_THE_SERVER]
    for call in endpoints:
        found += errors_of(call)
    found.sort(key=lambda error: error.name != error.code)  # the general one of a code first
    first = {(error.status, error.code): error for error in reversed(found)}
    return sorted(first.values(), key=lambda error: (error.status, error.code))


def of_kind(kind: type[EvergreenError], call: Endpoint) -> ApiError:
    name = re.sub(r"(?<!^)(?=[A-Z])", "_", kind.__name__).lower()
    fields = dict(example_fields(kind, call)) or None
    return ApiError(name, status_of_kind(kind), kind.code, kind.message, fields)


def of_status(status: HTTPStatus) -> ApiError:
    code, _, message = PAGES[status]
    return ApiError(code, status, code, API_MESSAGES.get(status, message))


def example_fields(kind: type[EvergreenError], call: Endpoint) -> Iterator[tuple[str, list[str]]]:
    """For the examples: a field that may be wrong, and its errors."""
    if kind is WrongPassword:
        yield "current_password", ["That is not your password."]
    elif kind is Conflict and call.body:
        yield "email", ["That e-mail address already has an account."]
    elif kind is Conflict:
        yield "role", ["This is the last admin: make another user an admin first."]
    elif kind is ValidationFailed and call.body:
        yield next(iter(instance_of(call.body).fields)), ["Not a valid string."]
    elif kind is ValidationFailed and call.query:
        yield next(iter(instance_of(call.query).fields)), ["Not a valid integer."]


def is_open(call: Endpoint) -> bool:
    return bool(getattr(call.view, DECLARATION) == PUBLIC)
