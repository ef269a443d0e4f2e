"""The users, for admins."""

from http import HTTPStatus
from typing import Any

from marshmallow import RAISE

from webapp.core.accounts import Changes
from webapp.core.policy import Permission
from webapp.web.authorization import requires
from webapp.web.confirmation import require_proof
from webapp.web.services import services

from . import schemas
from .blueprint import api

Json = dict[str, Any]
TAGS = ["Users"]


@api.route("/users", tags=TAGS)
@api.arguments(schemas.UserQuery, location="query", unknown=RAISE)
@api.answers(HTTPStatus.OK, schemas.ManyUsers)
@api.refuses(401, 403, 422)
@api.doc(operationId="listUsers", summary="Find users")
@requires(Permission.MANAGE_USERS)
def list_users(query: Json) -> Json:
    page, per_page = query["page"], query["per_page"]
    found = services().directory.page(
        query=query["q"], sort=query["sort"], page=page, per_page=per_page
    )
    return {
        "users": found.users,
        "page": page,
        "per_page": per_page,
        "total": found.total,
        "pages": -(-found.total // per_page),
    }


@api.route("/users", methods=["POST"], tags=TAGS)
@api.arguments(schemas.NewUser)
@api.answers(HTTPStatus.CREATED, schemas.OneUser)
@api.refuses(400, 401, 403, 409, 413, 415, 422)
@api.doc(operationId="createUser", summary="Create a user")
@requires(Permission.MANAGE_USERS)
def create_user(body: Json) -> Json:
    require_proof()
    return {"user": services().directory.create(Changes(**body), services().now())}


@api.route("/users/<user_id>", tags=TAGS)
@api.answers(HTTPStatus.OK, schemas.OneUser)
@api.refuses(401, 403, 404)
@api.doc(operationId="getUser", summary="One user")
@requires(Permission.MANAGE_USERS)
def get_user(user_id: str) -> Json:
    return {"user": services().accounts.profile(user_id)}


@api.route("/users/<user_id>", methods=["PATCH"], tags=TAGS)
@api.arguments(schemas.UserChanges)
@api.answers(HTTPStatus.OK, schemas.OneUser)
@api.refuses(400, 401, 403, 404, 409, 413, 415, 422)
@api.doc(operationId="updateUser", summary="Change a user; disabling signs them out at once")
@requires(Permission.MANAGE_USERS)
def update_user(body: Json, user_id: str) -> Json:
    require_proof()
    return {"user": services().directory.change(user_id, Changes(**body), services().now())}


@api.route("/users/<user_id>", methods=["DELETE"], tags=TAGS)
@api.answers(HTTPStatus.NO_CONTENT, description="There is no such user any more")
@api.refuses(401, 403, 404, 409)
@api.doc(operationId="deleteUser", summary="Delete a user and everything about them")
@requires(Permission.MANAGE_USERS)
def delete_user(user_id: str) -> None:
    require_proof()
    services().directory.remove(user_id, services().now())
