"""The start page, and the dashboard: a session seen from inside."""

from flask import Response, current_app, jsonify, render_template, request, url_for
from flask.typing import ResponseReturnValue

from webapp.core.policy import Permission
from webapp.web.auth.authentication import current_identity
from webapp.web.auth.authorization import public, requires
from webapp.web.auth.destinations import not_a_destination
from webapp.web.compression import compressed
from webapp.web.search_engines import indexable
from webapp.web.services import services
from webapp.web.static_files import BRIEFLY

from . import pages

# As --ground in evergreen.css, in light mode.
GROUND = "#f3f7f4"
NOT_TO_SEARCH = ("/account", "/admin", "/api/v1", "/reset-password", "/verify-email")


@pages.get("/")
@public
@indexable
@compressed
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
    return current_app.send_static_file("favicon.ico")


@pages.get("/manifest.webmanifest")
@public
@not_a_destination
def manifest() -> ResponseReturnValue:
    """Name and icons of the app on a home screen (W3C Web App Manifest)."""
    large = url_for("static", filename="icon-512.png")
    icons = [(url_for("static", filename="icon-192.png"), 192, "any"), (large, 512, "any")]
    icons.append((large, 512, "maskable"))  # everything that matters is in the safe zone
    response = jsonify(
        name=services().settings.site_name,
        start_url=url_for("pages.home"),
        scope=url_for("pages.home"),
        display="minimal-ui",
        background_color=GROUND,
        theme_color=GROUND,
        icons=[
            {"src": url, "sizes": f"{size}x{size}", "type": "image/png", "purpose": purpose}
            for url, size, purpose in icons
        ],
    )
    response.mimetype = "application/manifest+json"
    response.headers["Cache-Control"] = BRIEFLY
    return response
