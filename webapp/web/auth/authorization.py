"""The permission that each route declares, and its check; `core/policy.py` is the policy.

A route without a declaration is refused when it is added, so at the start: `web/app.py`.
"""

from collections.abc import Callable, Mapping
from itertools import accumulate
from typing import TypeVar

from flask import Blueprint, Flask

from webapp.core.claims import AccessClaims
from webapp.core.clients import limiting_scope
from webapp.core.errors import Forbidden, InsufficientScope
from webapp.core.models import User
from webapp.core.policy import Permission, Scope, covers, has_permission
from webapp.web.request_info import this_app, this_request

View = TypeVar("View", bound=Callable[..., object])

# The attribute of a view that holds its declaration: functools.wraps copies it.
DECLARATION = "who_may"
PUBLIC = "everybody"
# Key of `app.extensions`: the declarations for routes of extensions.
OF_EXTENSIONS = "evergreen.permissions"


class UndeclaredRoute(RuntimeError):
    """A view has neither @public nor @requires: a mistake in the code."""


def public(view: View) -> View:
    """Declare that the view needs no sign-in."""
    view.__dict__[DECLARATION] = PUBLIC
    return view


def requires(permission: Permission) -> Callable[[View], View]:
    """Declare that the view needs a signed-in user with this permission."""

    def declare(view: View) -> View:
        view.__dict__[DECLARATION] = permission
        return view

    return declare


def declare_extension(app: Flask, name: str, permission: Permission | str) -> None:
    """Declare the permission, or PUBLIC, for routes of an extension, before it adds them.

    `name` is a blueprint's, with the blueprints nested in it, or a single endpoint's.
    """
    app.extensions.setdefault(OF_EXTENSIONS, {})[name] = permission


def permission_of(app: Flask, endpoint: str, view: object) -> Permission | str:
    """A permission, or PUBLIC. Raises UndeclaredRoute."""
    own: Permission | str | None = getattr(view, DECLARATION, None)
    if own is not None:
        return own
    if _is_flasks_static(app, endpoint, view):
        return PUBLIC
    declared: Mapping[str, Permission | str] = app.extensions.get(OF_EXTENSIONS, {})
    # Of "a.b.view": "a", "a.b", "a.b.view". The longest name counts.
    names = [name for name in accumulate(endpoint.split("."), "{}.{}".format) if name in declared]
    if not names:
        raise UndeclaredRoute(
            f"the route of endpoint {endpoint!r} declares no permission. Write @public or "
            "@requires(Permission.…) of webapp.web.auth.authorization below its @app.route; for "
            "an extension's route, call declare_extension before the extension adds it"
        )
    return declared[names[-1]]


def _is_flasks_static(app: Flask, endpoint: str, view: object) -> bool:
    """Whether Flask itself serves a static folder there, of the app or of a blueprint."""
    if endpoint == "static":
        return app.has_static_folder
    return getattr(view, "__func__", None) is Blueprint.send_static_file


def permission_needed() -> Permission | str:
    """The permission that this request needs, or PUBLIC: an unknown path is a 404 for everyone.

    Raises UndeclaredRoute if the view was exchanged after its route was added.
    """
    endpoint = this_request().endpoint
    if endpoint is None:
        return PUBLIC
    app = this_app()
    return permission_of(app, endpoint, app.view_functions[endpoint])


def check(user: User, access: AccessClaims, needed: Permission | str) -> None:
    """Raises Forbidden, InsufficientScope."""
    if not isinstance(needed, Permission) or not has_permission(user.role, needed):
        raise Forbidden
    scope = limiting_scope(access)
    if scope is not None and not covers(scope, needed):
        raise InsufficientScope(Scope.ADMIN if needed is Permission.MANAGE_USERS else Scope.PROFILE)


def check_client(access: AccessClaims, client_id: str) -> None:
    """Check access to a session of `client_id`: another client needs the scope `admin`.

    Raises InsufficientScope.
    """
    scope = limiting_scope(access)
    if scope is not None and access.client_id != client_id and Scope.ADMIN not in scope.split():
        raise InsufficientScope(Scope.ADMIN)
