"""Schemas of the API's bodies and responses. Unknown fields are refused by name.

The core validates values. Limits are repeated here for the OpenAPI document and for the clients
that are generated from it. `example` is the request that the documentation page fills in.
"""

from functools import cache
from typing import Any, ClassVar

from marshmallow import Schema, ValidationError, fields, validate

from webapp.core import passwords, user_admin, validation
from webapp.core.errors import ValidationFailed
from webapp.core.policy import Role
from webapp.core.ports import MAX_OPEN_SESSIONS

from .schema_fields import Flag, Timestamp
from .types import Json


def text(example: str, **options: Any) -> fields.String:
    """A string; further keywords go to the field, `schema` to its entry in the document."""
    metadata = {"example": example, **options.pop("schema", {})}
    return fields.String(metadata=metadata, **options)


def timestamp(example: str = "2026-11-21T12:00:00Z", **options: Any) -> Timestamp:
    schema = {"type": "string", "format": "date-time", "example": example}
    return Timestamp(metadata=schema, **options)


def email(**options: Any) -> fields.String:
    size = validate.Length(max=validation.MAX_EMAIL)
    return text("ada@example.com", validate=size, schema={"format": "email"}, **options)


def name(**options: Any) -> fields.String:
    size = validate.Length(max=validation.MAX_NAME)
    return text("Ada Lovelace", validate=size, schema={"pattern": validation.NAME}, **options)


def new_password(**options: Any) -> fields.String:
    size = validate.Length(max=passwords.MAX_LENGTH)
    schema = {"minLength": passwords.DEFAULT_MIN_LENGTH}
    return text("an engine of cogs and cards", validate=size, schema=schema, **options)


def role(**options: Any) -> fields.String:
    return text("user", validate=validate.OneOf(list(Role)), **options)


class User(Schema):
    id = text("6909a198-831d-4eb3-911c-5275f013fe97", schema={"format": "uuid"}, required=True)
    email = email(required=True)
    name = name(required=True)
    role = role(required=True)
    disabled = fields.Boolean(required=True)
    created_at = timestamp(required=True)
    pending_email = text(
        "ada@example.org", schema={"format": "email"}, required=True, allow_none=True
    )


class OneUser(Schema):
    user = fields.Nested(User, required=True)


class Paged(Schema):
    page = fields.Integer(required=True)
    per_page = fields.Integer(required=True)
    total = fields.Integer(required=True)
    pages = fields.Integer(required=True)


class ManyUsers(Paged):
    users = fields.List(fields.Nested(User), required=True)


class Register(Schema):
    example: ClassVar[Json] = {
        "email": "ada@example.com",
        "password": "an engine of cogs and cards",
    }

    email = email(required=True)
    password = new_password(required=True)
    name = name()


class ClientFields(Schema):
    """Which program asks; HTTP Basic will do as well. Without it: the public client `api`."""

    client_id = text("phone-app", validate=validate.Length(1, 64))
    client_secret = text("shown-once", validate=validate.Length(1, 200))


class Login(ClientFields):
    example: ClassVar[Json] = {"email": "demo@example.com", "password": "evergreen stays green"}

    email = text("demo@example.com", required=True)
    password = text("evergreen stays green", required=True)
    code = text("123456", validate=validate.Length(max=100))
    recovery_code = text("abcd-efgh-…", validate=validate.Length(max=100))


class RefreshToken(ClientFields):
    example: ClassVar[Json] = {"refresh_token": "from the answer to login"}

    refresh_token = text("eyJhbGciOiJIUzI1NiIsInR5cCI6InJ0K2p3dCJ9.e30.c2ln", required=True)


class AuthUser(Schema):
    id = text("6909a198-831d-4eb3-911c-5275f013fe97", schema={"format": "uuid"}, required=True)
    email = email(required=True)
    role = role(required=True)


class Tokens(Schema):
    access_token = text("eyJhbGciOi…", required=True)
    access_token_expires = timestamp(required=True)
    refresh_token = text("eyJhbGciOi…", required=True)
    refresh_token_expires = timestamp(required=True)
    token_type = text("Bearer", required=True)
    expires_in = fields.Integer(required=True, metadata={"example": 300})


class TokensOfUser(Tokens):
    user = fields.Nested(AuthUser, required=True)


class LoginAuth(Schema):
    auth = fields.Nested(TokensOfUser, required=True)


class RefreshAuth(Schema):
    auth = fields.Nested(Tokens, required=True)


class ProfileChanges(Schema):
    """Another address needs the current password."""

    example: ClassVar[Json] = {"name": "Ada Lovelace"}

    email = email()
    name = name()
    current_password = text("an engine of cogs and cards")


class Session(Schema):
    sid = text("0RJu741V2u6_9jJVfFctlg", required=True)
    client_id = text("browser", required=True)
    ip = text("192.0.2.1", required=True)
    user_agent = text("curl/8.5.0", required=True)
    created_at = timestamp(required=True)
    last_seen = timestamp(required=True)
    expires_at = timestamp(required=True)
    remembered = fields.Boolean(required=True)
    current = fields.Boolean(required=True)


class ManySessions(Paged):
    sessions = fields.List(fields.Nested(Session), required=True)


class SessionQuery(Schema):
    page = fields.Integer(load_default=1, validate=validate.Range(1, 1_000_000))
    per_page = fields.Integer(
        load_default=MAX_OPEN_SESSIONS, validate=validate.Range(1, MAX_OPEN_SESSIONS)
    )


class UserQuery(SessionQuery):
    per_page = fields.Integer(load_default=20, validate=validate.Range(1, 100))
    q = text("ada", load_default="", validate=validate.Length(max=100))
    sort = text("email", load_default="-created_at", validate=validate.OneOf(user_admin.SORTS))


class NewUser(Register):
    role = role()
    disabled = Flag()


class UserChanges(Schema):
    email = email()
    name = name()
    password = new_password()
    role = role()
    disabled = Flag()


class Sample(Schema):
    message = text("This is a protected resource.", required=True)
    user = fields.Nested(AuthUser, required=True)


class Error(Schema):
    code = text("token_expired", required=True)
    message = text("The token has expired.", required=True)
    fields_ = fields.Dict(
        keys=fields.String(), values=fields.List(fields.String()), data_key="fields"
    )


class ErrorAnswer(Schema):
    status = fields.Integer(required=True, metadata={"example": 401})
    error = fields.Nested(Error, required=True)
    requestId = text("7d0c1b52-4b8a-4a53-9a0c-2f3b8d1c6a11", required=True)  # noqa: N815


def load(schema: type[Schema], values: Any) -> Any:
    """The validated values. Raises ValidationFailed."""
    try:
        return instance_of(schema).load(values)
    except ValidationError as error:
        raise ValidationFailed(error.normalized_messages()) from None  # type: ignore[no-untyped-call]


@cache
def instance_of(schema: type[Schema]) -> Schema:
    """One instance for all requests: to make one takes as long as to verify a token."""
    return schema()


@cache
def envelope(schema: type[Schema]) -> type[Schema]:
    """`{"status": …, "data": …, "requestId": …}` around data of that schema."""
    return Schema.from_dict(
        {
            "status": fields.Integer(required=True, metadata={"example": 200}),
            "data": fields.Nested(instance_of(schema), required=True),
            "requestId": text("7d0c1b52-4b8a-4a53-9a0c-2f3b8d1c6a11", required=True),
        },
        name=f"{schema.__name__}Answer",
    )
