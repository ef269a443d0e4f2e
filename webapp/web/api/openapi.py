"""The API's OpenAPI document, made from what its calls declare.

Built at the first request for it, because building it would slow the app's start.
"""

import inspect
import re
from functools import cache
from http import HTTPStatus
from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from marshmallow import Schema

from webapp.core.policy import Permission
from webapp.web.auth.authorization import DECLARATION

from .endpoints import Endpoint, api, endpoints
from .errors import errors_of, is_open
from .schemas import ErrorAnswer, envelope, instance_of
from .types import Json

DESCRIPTION = """
Sessions for programs: sign in for a short-lived access token and a rotating refresh token,
send the access token as `Authorization: Bearer …`, exchange the refresh token for the next pair.
If the response to `refresh` is lost, repeat the request: it returns the same tokens.
"""
TAGS = [
    {"name": "Auth", "description": "Sign in, refresh, revoke; your own profile and sessions"},
    {"name": "Users", "description": "All accounts, for admins"},
    {"name": "Sample", "description": "Something worth protecting"},
]
BEARER = {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}

# In Flask's spelling of a path.
ID = re.compile(r"<(\w+)>")


@cache
def spec() -> dict[str, Any]:
    spec = APISpec(
        title="Evergreen",
        version="v1",
        openapi_version="3.1.0",
        plugins=[MarshmallowPlugin()],
        info={"description": DESCRIPTION},
        security=[{"bearer": []}],
        tags=TAGS,
    )
    spec.components.security_scheme("bearer", BEARER)
    spec.components.response("DEFAULT_ERROR", content("Default error response", ErrorAnswer))
    for each in endpoints:
        spec.path(
            ID.sub(r"{\1}", f"{api.url_prefix}{each.path}"),
            parameters=[of_id(name) for name in ID.findall(each.path)],
            operations={each.method.lower(): operation(each)},
        )
    return spec.to_dict()


def operation(call: Endpoint) -> Json:
    """The first line of the view's docstring is the summary, what follows the description."""
    summary, _, description = (inspect.getdoc(call.view) or "").partition("\n\n")
    found = {
        "operationId": camel(call.view.__name__),
        "summary": summary.removesuffix("."),
        "description": description.replace("\n", " "),
        "tags": [call.tag],
        "responses": responses(call),
        "requestBody": body(call),
        "parameters": [{"in": "query", "schema": instance_of(call.query)}] if call.query else None,
    }
    found = {name: value for name, value in found.items() if value}
    found |= {"x-role": "admin"} if needs_admin(call) else {}
    return found | {"security": []} if is_open(call) else found


def needs_admin(call: Endpoint) -> bool:
    return bool(getattr(call.view, DECLARATION) == Permission.MANAGE_USERS)


def body(call: Endpoint) -> Json | None:
    if not call.body:
        return None
    schema = instance_of(call.body)
    example = getattr(schema, "example", None)
    shown = {"schema": schema} | ({"example": example} if example else {})
    return {"required": True, "content": {"application/json": shown}}


def responses(call: Endpoint) -> Json:
    answer = envelope(call.answer) if call.answer else None
    succeeded = {f"{call.status}": content(call.status.phrase, answer)}
    failed: Json = {}
    for error in errors_of(call):
        response = failed.setdefault(
            f"{error.status}", content(HTTPStatus(error.status).phrase, ErrorAnswer)
        )
        examples = response["content"]["application/json"].setdefault("examples", {})
        examples[error.name] = {"value": error.example}
    return succeeded | failed | {"default": "DEFAULT_ERROR"}


def content(description: str, schema: type[Schema] | None) -> Json:
    if schema is None:
        return {"description": description}
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def of_id(name: str) -> Json:
    schema = {"type": "string", "minLength": 1}
    return {"in": "path", "name": name, "required": True, "schema": schema}


def camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(map(str.capitalize, others))
