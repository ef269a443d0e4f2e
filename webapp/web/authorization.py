"""Who may call what: declared on the route, decided by `core/policy.py`.

A route that declares nothing answers nobody.
"""

from collections.abc import Callable
from typing import TypeVar

from webapp.core.errors import Forbidden
from webapp.core.policy import Permission, may
from webapp.core.stores import User

from .requests import this_app, this_request

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


def permission_needed() -> Permission | str | None:
    """EVERYBODY, or a permission; None is for nobody. An unknown address is a 404 for all."""
    endpoint = this_request().endpoint
    if endpoint in (None, STATIC):
        return EVERYBODY
    view = this_app().view_functions[endpoint or ""]
    declared: Permission | str | None = getattr(view, DECLARATION, None)
    return declared


def check(user: User, needed: Permission | str | None) -> None:
    """Raises Forbidden."""
    if not isinstance(needed, Permission) or not may(user.role, needed):
        raise Forbidden
