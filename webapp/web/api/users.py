"""The users, for admins."""

from functools import partial
from http import HTTPStatus

from webapp.core.errors import Conflict, NotFound
from webapp.core.models import UserChanges
from webapp.core.policy import Permission
from webapp.web.auth.authorization import requires
from webapp.web.auth.reauthentication import require_recent_login
from webapp.web.services import services

from . import schemas
from .endpoints import endpoint
from .types import Json

call = partial(endpoint, "Users")


@call("GET", "/users", query=schemas.UserQuery, answer=schemas.ManyUsers)
@requires(Permission.MANAGE_USERS)
def list_users(query: Json) -> Json:
    """Find users."""
    page, per_page = query["page"], query["per_page"]
    found = services().user_admin.page(
        query=query["q"], sort=query["sort"], page=page, per_page=per_page
    )
    return {
        "users": found.users,
        "page": page,
        "per_page": per_page,
        "total": found.total,
        "pages": -(-found.total // per_page),
    }


@call(
    "POST",
    "/users",
    body=schemas.NewUser,
    answer=schemas.OneUser,
    status=HTTPStatus.CREATED,
    errors=(Conflict,),
)
@requires(Permission.MANAGE_USERS)
def create_user(body: Json) -> Json:
    """Create a user."""
    require_recent_login()
    return {"user": services().user_admin.create(UserChanges(**body), services().now())}


@call("GET", "/users/<user_id>", answer=schemas.OneUser, errors=(NotFound,))
@requires(Permission.MANAGE_USERS)
def get_user(user_id: str) -> Json:
    """Read a user."""
    return {"user": services().accounts.profile(user_id)}


@call(
    "PATCH",
    "/users/<user_id>",
    body=schemas.UserChanges,
    answer=schemas.OneUser,
    errors=(NotFound, Conflict),
)
@requires(Permission.MANAGE_USERS)
def update_user(body: Json, user_id: str) -> Json:
    """Change a user; disabling signs them out at once."""
    require_recent_login()
    return {"user": services().user_admin.change(user_id, UserChanges(**body), services().now())}


@call(
    "DELETE",
    "/users/<user_id>",
    status=HTTPStatus.NO_CONTENT,
    errors=(NotFound, Conflict),
)
@requires(Permission.MANAGE_USERS)
def delete_user(user_id: str) -> None:
    """Delete a user and everything about them."""
    require_recent_login()
    services().user_admin.remove(user_id, services().now())
