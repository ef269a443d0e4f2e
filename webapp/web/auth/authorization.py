"""Who may call what: declared on the route, decided by `core/policy.py`.

A route that declares nothing answers nobody.
"""

from collections.abc import Callable
from typing import TypeVar

from webapp.core.claims import AccessClaims
from webapp.core.clients import limiting_scope
from webapp.core.errors import Forbidden, InsufficientScope
from webapp.core.models import User
from webapp.core.policy import Permission, Scope, covers, has_permission
from webapp.web.request_info import this_app, this_request

View = TypeVar("View", bound=Callable[..., object])

STATIC = "static"
# Where the declaration stands: wrappers made with functools.wraps carry it along.
DECLARATION = "who_may"
PUBLIC = "everybody"


def public(view: View) -> View:
    """Everybody may call this, signed in or not."""
    view.__dict__[DECLARATION] = PUBLIC
    return view


def requires(permission: Permission) -> Callable[[View], View]:
    """Only who is signed in and has this permission."""

    def declare(view: View) -> View:
        view.__dict__[DECLARATION] = permission
        return view

    return declare


def permission_needed() -> Permission | str | None:
    """EVERYBODY, or a permission; None is for nobody. An unknown address is a 404 for all."""
    endpoint = this_request().endpoint
    if endpoint in (None, STATIC):
        return PUBLIC
    view = this_app().view_functions[endpoint or ""]
    declared: Permission | str | None = getattr(view, DECLARATION, None)
    return declared


def check(user: User, access: AccessClaims, needed: Permission | str | None) -> None:
    """Raises Forbidden, InsufficientScope."""
    if not isinstance(needed, Permission) or not has_permission(user.role, needed):
        raise Forbidden
    scope = limiting_scope(access)
    if scope is not None and not covers(scope, needed):
        raise InsufficientScope(Scope.ADMIN if needed is Permission.MANAGE_USERS else Scope.PROFILE)


def check_client(access: AccessClaims, client_id: str) -> None:
    """For what belongs to a session of that client: of others only with the scope `admin`.

    Raises InsufficientScope.
    """
    scope = limiting_scope(access)
    if scope is not None and access.client_id != client_id and Scope.ADMIN not in scope.split():
        raise InsufficientScope(Scope.ADMIN)
