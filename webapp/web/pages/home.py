"""The start page, and two files that browsers and search engines look for."""

from flask import Response, current_app, render_template, request, send_from_directory
from flask.typing import ResponseReturnValue

from webapp.web.auth.authorization import public
from webapp.web.auth.destinations import not_a_destination

from . import pages

NOT_TO_SEARCH = ("/account", "/admin", "/api/v1", "/reset-password", "/verify-email")


@pages.get("/")
@public
def home() -> ResponseReturnValue:
    return render_template("home.html", demo=current_app.config["DEMO_ACCOUNT"])


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
