"""The API's document, and a page to read it and to try calls; all assets come from here."""

from flask import jsonify, render_template, send_from_directory
from flask.typing import ResponseReturnValue
from flask_swagger_ui import __file__ as swagger_ui

from webapp.web.api import document
from webapp.web.authorization import public

from . import pages

ASSETS = swagger_ui.replace("__init__.py", "dist")


@pages.get("/api/docs")
@public
def api_docs() -> ResponseReturnValue:
    return render_template("api_docs.html")


@pages.get("/api/openapi.json")
@public
def openapi() -> ResponseReturnValue:
    return jsonify(document())


@pages.get("/api/docs/<any('swagger-ui.css', 'swagger-ui-bundle.js'):name>")
@public
def api_docs_asset(name: str) -> ResponseReturnValue:
    return send_from_directory(ASSETS, name, max_age=3600)
