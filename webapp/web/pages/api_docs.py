"""The API's document, and a page to read it and to try calls; all assets come from here."""

from importlib.util import find_spec
from pathlib import Path

from flask import jsonify, render_template, request
from flask.typing import ResponseReturnValue

from webapp.web.api.openapi import spec
from webapp.web.auth.authorization import public
from webapp.web.auth.destinations import not_a_destination
from webapp.web.compression import compressed
from webapp.web.search_engines import indexable
from webapp.web.static_files import send_compressed

from . import pages

# Of the package's files two are served; its code is not even loaded.
PACKAGE = "flask_swagger_ui"


@pages.get("/api/docs")
@public
@indexable
@compressed
def api_docs() -> ResponseReturnValue:
    return render_template("api_docs.html")


@pages.get("/api/openapi.json")
@public
@not_a_destination
@compressed
def openapi() -> ResponseReturnValue:
    return jsonify(spec() | {"servers": [{"url": request.script_root or "/"}]})


@pages.get("/api/docs/<any('swagger-ui.css', 'swagger-ui-bundle.js'):name>")
@public
@not_a_destination
def api_docs_asset(name: str) -> ResponseReturnValue:
    found = find_spec(PACKAGE)
    assert found
    assert found.origin
    response = send_compressed(str(Path(found.origin).parent / "dist"), name)
    response.headers["Cache-Control"] = "public, max-age=3600"
    return response
