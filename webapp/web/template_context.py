"""What every template knows."""

from typing import Any

from flask import Flask, g

from . import cookies
from .authentication import Visitor
from .services import services


def install(app: Flask) -> None:
    app.context_processor(about_visitor)


def about_visitor() -> dict[str, Any]:
    visitor: Visitor | None = g.get("visitor")
    if visitor is None:
        return {"me": None, "access_expires_in": None}
    return {
        "me": visitor.user,
        "access_cookie": cookies.name(cookies.ACCESS),
        "access_expires_in": max(0, int(visitor.access.exp - services().now())),
    }
