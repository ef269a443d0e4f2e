"""The start page, and the dashboard: a session seen from inside."""

from flask import Response, current_app, render_template, request, send_from_directory
from flask.typing import ResponseReturnValue

from webapp.core.policy import Permission
from webapp.web.auth.authentication import current_identity
from webapp.web.auth.authorization import public, requires
from webapp.web.auth.destinations import not_a_destination
from webapp.web.services import services

from . import pages

NOT_TO_SEARCH = ("/account", "/admin", "/api/v1", "/reset-password", "/verify-email")


@pages.get("/")
@public
def home() -> ResponseReturnValue:
    return render_template("home.html")


@pages.get("/dashboard")
@requires(Permission.OWN_ACCOUNT)
def dashboard() -> ResponseReturnValue:
    access, now = current_identity().access, services().now()
    session = services().sessions.session_of(access)
    facts = {
        "sid": access.sid,
        "gen": access.gen,
        "client_id": access.client_id,
        "access_ttl": access.exp - access.iat,
        "access_expires_in": max(0, int(access.exp - now)),
        "last_refresh_ago": int(now) - access.iat if access.gen else None,
        "started_ago": int(now) - session.created_at if session else None,
        "remembered": bool(session and session.remembered),
    }
    return render_template("dashboard.html", session=facts)


@pages.get("/robots.txt")
@public
@not_a_destination
def robots() -> ResponseReturnValue:
    """What is personal is nothing to search for; it is protected all the same."""
    rules = ["User-agent: *", *(f"Disallow: {request.script_root}{path}" for path in NOT_TO_SEARCH)]
    return Response("\n".join(rules) + "\n", mimetype="text/plain")


@pages.get("/favicon.ico")
@public
@not_a_destination
def favicon() -> ResponseReturnValue:
    return send_from_directory(str(current_app.static_folder), "favicon.ico")
