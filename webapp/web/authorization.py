"""Who may call what: declared on the route. Nothing declared means signed in."""

from collections.abc import Callable
from typing import TypeVar

from flask import current_app, request

View = TypeVar("View", bound=Callable[..., object])

STATIC = "static"


def public(view: View) -> View:
    """Everybody may call this, signed in or not."""
    view.__dict__["public"] = True
    return view


def is_public() -> bool:
    """Whether this request may be answered for everybody. An unknown address is a 404 for all."""
    if request.endpoint is None or request.endpoint == STATIC:
        return True
    view = current_app.view_functions[request.endpoint]
    return bool(view.__dict__.get("public", False))
