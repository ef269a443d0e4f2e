"""The start page, and files that browsers and search engines look for."""

from flask import Response, current_app, jsonify, render_template, request, url_for
from flask.typing import ResponseReturnValue

from webapp.core.errors import NotFound
from webapp.web.auth.authorization import public
from webapp.web.auth.destinations import not_a_destination
from webapp.web.compression import compressed
from webapp.web.flow_picture import translated_flow
from webapp.web.search_engines import indexable
from webapp.web.services import services
from webapp.web.static_files import BRIEFLY, SVG_POLICY

from . import pages

# As --ground in evergreen.css, in light mode.
GROUND = "#f3f7f4"
NOT_TO_SEARCH = ("/account", "/admin", "/api/v1", "/reset-password", "/verify-email")


@pages.get("/")
@public
@indexable
@compressed
def home() -> ResponseReturnValue:
    return render_template("home.html", demo=current_app.config["DEMO_ACCOUNT"])


@pages.get("/flow.<language>.svg")
@public
@not_a_destination
@compressed
def flow_picture(language: str) -> ResponseReturnValue:
    """The picture of the start page. The language is in the URL, so it may be cached."""
    if language not in services().settings.languages:
        raise NotFound
    picture = translated_flow(str(current_app.static_folder), language)
    response = Response(picture, mimetype="image/svg+xml")
    response.headers["Content-Security-Policy"] = SVG_POLICY
    response.headers["Cache-Control"] = BRIEFLY
    return response


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
