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
    app.context_processor(about_identity)
    app.jinja_env.globals["csp_nonce"] = csp_nonce
    app.jinja_env.globals["get_flashed_messages"] = messages.flashed_messages
    app.template_filter("iso")(time_format.iso)
    app.template_filter("datetime_minutes")(time_format.datetime_minutes)
    app.template_filter("time_ago")(time_format.time_ago)
    app.template_filter("seconds_since")(time_format.seconds_since)


def about_app() -> dict[str, Any]:
    settings = services().settings
    shows_outbox = settings.mode == "development" and services().outbox is not None
    return {
        "site_name": settings.site_name,
        "must_confirm": settings.must_confirm,
        "has_outbox": shows_outbox,
        "has_lab": settings.has_lab,
        "min_length": settings.password_min_length,
    }


def page_behind() -> str:
    """Where a script may go on by GET from a page that a POST has made."""
    return safe_next(return_path())


def about_identity() -> dict[str, Any]:
    identity: Identity | None = g.get("identity")
    if identity is None:
        return {"me": None, "access_expires_in": None}
    return {
        "me": identity.user,
        "unconfirmed": identity.user.email_verified_at is None,
        "come_back": page_behind() if request.environ["REQUEST_METHOD"] == "POST" else None,
        "access_cookie": cookies.name(cookies.ACCESS),
        "access_expires_in": max(0, int(identity.access.exp - services().now())),
    }
