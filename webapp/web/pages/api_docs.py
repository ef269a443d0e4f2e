"""The API's document, and a page to read it and to try calls; all assets come from here."""

from importlib.util import find_spec
from pathlib import Path

from flask import jsonify, render_template, request, send_from_directory
from flask.typing import ResponseReturnValue

from webapp.web.api.openapi import spec
from webapp.web.auth.authorization import public
from webapp.web.auth.destinations import not_a_destination

from . import pages

# Of the package's files two are served; its code is not even loaded.
PACKAGE = "flask_swagger_ui"


@pages.get("/api/docs")
@public
def api_docs() -> ResponseReturnValue:
    return render_template("api_docs.html")


@pages.get("/api/openapi.json")
@public
@not_a_destination
def openapi() -> ResponseReturnValue:
    return jsonify(spec() | {"servers": [{"url": request.script_root or "/"}]})


@pages.get("/api/docs/<any('swagger-ui.css', 'swagger-ui-bundle.js'):name>")
@public
@not_a_destination
def api_docs_asset(name: str) -> ResponseReturnValue:
    found = find_spec(PACKAGE)
    assert found
    assert found.origin
    return send_from_directory(Path(found.origin).parent / "dist", name, max_age=3600)
