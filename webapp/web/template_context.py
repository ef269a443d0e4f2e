"""What every template knows."""

from typing import Any

from flask import Flask, g, request

from webapp.core.authentication import Identity

from . import messages, time_format
from .auth import cookies
from .auth.destinations import return_path, safe_next
from .middleware.security_headers import csp_nonce
from .services import services


def install(app: Flask) -> None:
    app.context_processor(about_app)
    app.context_processor(about_visitor)
    app.jinja_env.globals["get_flashed_messages"] = messages.left
    app.template_filter("iso")(time_format.iso)
    app.template_filter("moment")(time_format.moment)
    app.template_filter("ago")(time_format.ago)
    app.template_filter("passed")(time_format.passed)


def about_app() -> dict[str, Any]:
    settings = services().settings
    shows_outbox = settings.mode == "development" and services().outbox is not None
    return {
        "csp_nonce": csp_nonce(),
        "must_confirm": settings.must_confirm,
        "has_outbox": shows_outbox,
        "has_lab": settings.has_lab,
        "min_length": settings.password_min_length,
    }


def page_behind() -> str:
    """Where a script may go on by GET from a page that a POST has made."""
    return safe_next(return_path())


def about_visitor() -> dict[str, Any]:
    visitor: Identity | None = g.get("visitor")
    if visitor is None:
        return {"me": None, "access_expires_in": None}
    return {
        "me": visitor.user,
        "unconfirmed": visitor.user.confirmed_at is None,
        "come_back": page_behind() if request.environ["REQUEST_METHOD"] == "POST" else None,
        "access_cookie": cookies.name(cookies.ACCESS),
        "access_expires_in": max(0, int(visitor.access.exp - services().now())),
    }
