"""The API's document, and a page to read it and to try calls."""

import json

from flask import jsonify, render_template, request
from flask.typing import ResponseReturnValue

from webapp.web.api.errors import all_errors
from webapp.web.api.openapi import spec
from webapp.web.api.reference import groups
from webapp.web.api.schemas import Login, Register
from webapp.web.auth.authorization import public
from webapp.web.auth.destinations import not_a_destination
from webapp.web.compression import compressed
from webapp.web.search_engines import indexable
from webapp.web.services import services

from . import pages


@pages.get("/api/docs")
@public
@indexable
@compressed
def api_docs() -> ResponseReturnValue:
    settings = services().settings
    # The demo account is there in development alone.
    account = Login.example if settings.mode == "development" else Register.example
    return render_template(
        "api_docs.html",
        groups=groups(),
        errors=all_errors(),
        base=settings.public_url,
        account=json.dumps(account),
    )


@pages.get("/api/openapi.json")
@public
@not_a_destination
@compressed
def openapi() -> ResponseReturnValue:
    return jsonify(spec() | {"servers": [{"url": request.script_root or "/"}]})
