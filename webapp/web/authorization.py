"""Who may call what: declared on the route, decided by `core/policy.py`.

A route that declares nothing answers nobody.
"""

from collections.abc import Callable
from typing import TypeVar

from flask import current_app, request

from webapp.core.errors import Forbidden
from webapp.core.policy import Permission, may
from webapp.core.stores import User

View = TypeVar("View", bound=Callable[..., object])

STATIC = "static"
# Where the declaration stands: wrappers made with functools.wraps carry it along.
DECLARATION = "who_may"
EVERYBODY = "everybody"


def public(view: View) -> View:
    """Everybody may call this, signed in or not."""
    view.__dict__[DECLARATION] = EVERYBODY
    return view


def requires(permission: Permission) -> Callable[[View], View]:
    """Only who is signed in and has this permission."""

    def declare(view: View) -> View:
        view.__dict__[DECLARATION] = permission
        return view

    return declare


def is_public() -> bool:
    """Whether this request may be answered for everybody. An unknown address is a 404 for all."""
    return request.endpoint in (None, STATIC) or _declared() == EVERYBODY


def check_permission(user: User) -> None:
    """Raises Forbidden."""
    permission = _declared()
    if not isinstance(permission, Permission) or not may(user.role, permission):
        raise Forbidden


def _declared() -> Permission | str | None:
    view = current_app.view_functions[request.endpoint or ""]
    declared: Permission | str | None = getattr(view, "__dict__", {}).get(DECLARATION)
    return declared
